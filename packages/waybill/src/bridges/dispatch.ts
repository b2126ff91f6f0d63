// The list at work. A job is in the list once, from when it becomes pending until it is begun, taken elsewhere or ended.
//
//   pending ─push─▶ list ─BLPOP─▶ foreign worker ─says "processing"─▶ leased, left
//                    ▲                 └─ never begins: missing at two looks, then pushed again
import { isGone } from '../engine/engine.ts'
import { LeaseTokens } from '../foreign/lease-tokens.ts'
import { ticketFor } from '../foreign/ticket.ts'
import type { JobRecord } from '../job/record.ts'
import type { Desk, DeskParts } from './desk.ts'
import { foreignWorker, giveBackSnatched, isSnatched, recordsOf } from '../foreign/on-behalf.ts'
import { script, texts } from './link.ts'
import { messageOf } from './message.ts'
import { Resting } from './resting.ts'

const push = script('list-push')
const leave = script('list-leave')
const late = script('list-late')
const again = script('list-again')

const lateAtOnce = 100
/** The worker row of the list lives so long, and is renewed every so many rounds. */
const enrolledMs = 15_000
const roundsBetween = 8

export interface DispatchOptions {
  name: string
  key: string
  /** Empty: not known. */
  queues: readonly string[]
  redispatchMs: number
  /** Null: workers answer in Redis. */
  reply: Reply | null
}

/** Where workers answer over HTTP. */
export interface Reply {
  url: string
  leaseMs: number
}

export class Dispatch implements Desk {
  readonly reachMs = 0
  readonly #parts: DeskParts
  readonly #options: DispatchOptions
  readonly #keys: string[]
  #rounds = 0
  readonly #snatched = new Set<string>()
  readonly #resting: Resting

  constructor(parts: DeskParts, options: DispatchOptions) {
    this.#parts = parts
    this.#options = options
    this.#resting = new Resting(parts)
    const ours = `${parts.prefix}list:${options.key}`
    this.#keys = [options.key, `${ours}:messages`, `${ours}:times`, `${ours}:missed`]
  }

  async write(records: readonly JobRecord[]): Promise<void> {
    for (const record of records) {
      if (isSnatched(record)) this.#snatched.add(record.id)
      else this.#snatched.delete(record.id)
    }
    await this.#push(await this.#resting.awake(records.filter(({ status }) => status === 'pending')))
    await this.#leave(records.filter((record) => record.status !== 'pending' && !isSnatched(record)))
  }

  async round(isUp: boolean): Promise<void> {
    if (!isUp) return this.#giveBack([...this.#snatched])
    if (this.#rounds++ % roundsBetween === 0) await this.#enrol()
    await this.#push(await this.#resting.awake([]))
    await this.#lookForLate()
  }

  async #push(records: readonly JobRecord[]): Promise<void> {
    if (records.length === 0) return
    const found = await this.#parts.engine.get(
      records.map(({ id }) => id),
      { input: true },
    )
    const pending = found.flatMap((one) => (one && !isGone(one) && one.record.status === 'pending' ? one.record : []))
    const args = await this.#messages(pending)
    if (args.length > 0) await this.#parts.link.run(push, this.#keys, args)
  }

  async #messages(records: JobRecord[]): Promise<string[]> {
    const { name, reply } = this.#options
    if (reply === null) return records.flatMap((record) => [record.id, messageOf(record.id, record.input ?? null)])
    const tokens = new LeaseTokens(await this.#parts.secret())
    const workerId = foreignWorker(name)
    return records.flatMap((record) => {
      const lease = tokens.mint(ticketFor(record, workerId, reply.leaseMs))
      const more = { _waybill: { url: reply.url, lease, worker_id: workerId } }
      return [record.id, messageOf(record.id, record.input ?? null, more)]
    })
  }

  async #leave(records: readonly JobRecord[]): Promise<void> {
    if (records.length > 0)
      await this.#parts.link.run(
        leave,
        this.#keys,
        records.map(({ id }) => id),
      )
  }

  // Of a job that was snatched when another was begun it is now known whether anybody took it.
  async #lookForLate(): Promise<void> {
    const { engine, link, log } = this.#parts
    const ids = texts(await link.run(late, this.#keys, [this.#options.redispatchMs, lateAtOnce]))
    if (ids.length === 0) return
    const waiting = (await recordsOf(engine, ids)).filter(isWaiting)
    const known = new Set(waiting.map(({ id }) => id))
    const others = ids.filter((id) => !known.has(id))
    if (others.length > 0) await link.run(leave, this.#keys, others)
    if (waiting.length === 0) return
    const answers = texts(
      await link.run(
        again,
        this.#keys,
        waiting.map(({ id }) => id),
      ),
    )
    const pushed = answers.filter((answer) => answer === 'again').length
    if (pushed > 0)
      log.warn(
        { jobs: pushed, list: this.#options.key },
        'jobs were taken from the list and never begun; they were pushed again',
      )
    await this.#giveBack(waiting.map(({ id }) => id))
  }

  async #giveBack(ids: string[]): Promise<void> {
    if (ids.length > 0) await giveBackSnatched(this.#parts.engine, ids)
    for (const id of ids) this.#snatched.delete(id)
  }

  // Whoever looks for workers of the queue finds this one.
  async #enrol(): Promise<void> {
    const { name, queues } = this.#options
    if (queues.length === 0) return
    await this.#parts.engine.enrol({ id: foreignWorker(name), name, queues: [...queues], slots: 1 }, enrolledMs)
  }
}

function isWaiting(record: JobRecord): boolean {
  return record.status === 'pending' || isSnatched(record)
}
