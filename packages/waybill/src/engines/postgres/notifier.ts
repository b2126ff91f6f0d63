// Tells other processes what changed, after it was committed and outside every transaction that matters: NOTIFY holds a
// lock of the whole database until its commit. One message at a time; what gathers meanwhile goes into the next.
import { pause, type Clock } from '../../lib/clock.ts'
import type { Db, Session } from './db.ts'
import type { News } from './store.ts'

// Nothing is lost when a power cut takes it back, so that it need not wait for the disk.
const send = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)"
/** The server takes 8,000 bytes. */
const mostBytes = 7_900
const sendWithin = 'SELECT pg_notify($1, $2)'
const mostIds = 220
/** A hint within a commit keeps all other such commits waiting for the disk: for a lone one now and then alone. */
const withCommitMs = 5
const withCommitIds = 4
const restMs = 1
/** After a message too large to name its jobs, so that watchers are not made to look at everything all the time. */
const longRestMs = 25

/** What travels: who says it, the jobs (null: too many to name), and the queues. */
export interface Message {
  from: string
  ids: string[] | null
  queues: string[] | null
}

export class Notifier {
  readonly #db: Db
  readonly #clock: Clock
  readonly #channel: string
  readonly #self: string
  #ids: string[] = []
  readonly #queues = new Set<string>()
  #sending: Promise<void> | null = null
  #withCommitAt = Number.NEGATIVE_INFINITY

  constructor(db: Db, clock: Clock, channel: string, self: string) {
    this.#db = db
    this.#clock = clock
    this.#channel = channel
    this.#self = self
  }

  tell({ ids, queues }: News): void {
    for (const id of ids) this.#ids.push(id)
    for (const queue of queues) this.#queues.add(queue)
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null))
  }

  /** In a transaction of somebody's own: heard, by this process too, once it commits. */
  async tellWithin(session: Session, { ids, queues }: News): Promise<void> {
    await session.rows(sendWithin, [this.#channel, payloadOf({ from: '', ids, queues }).payload])
  }

  /** The hint of a commit that is about to be made, to be sent with it: saves a round trip. Null: tell of it afterwards. */
  withCommit({ ids, queues }: News): { channel: string; payload: string } | null {
    const now = this.#clock.now()
    const often = now - this.#withCommitAt < withCommitMs
    this.#withCommitAt = now
    if (often || this.#sending !== null || ids.length > withCommitIds) return null
    return { channel: this.#channel, payload: payloadOf({ from: this.#self, ids, queues }).payload }
  }

  /** Says nothing new; whoever listens on this channel hears it, if it hears at all. */
  async probe(): Promise<void> {
    await this.#db.rows(send, [this.#channel, JSON.stringify({ from: this.#self, ids: [], queues: [] })])
  }

  async close(): Promise<void> {
    await this.#sending
  }

  async #sendAll(): Promise<void> {
    await Promise.resolve() // what is told in the same turn goes together
    while (this.#ids.length > 0 || this.#queues.size > 0) {
      const { payload, whole } = this.#take()
      // A hint may be lost: whoever needs the truth reads it, at the latest when its backstop comes round.
      await this.#db.rows(send, [this.#channel, payload]).catch(() => undefined)
      await pause(this.#clock, whole ? restMs : longRestMs, undefined, true)
    }
  }

  #take(): { payload: string; whole: boolean } {
    const message: Message = { from: this.#self, ids: this.#ids, queues: [...this.#queues] }
    this.#ids = []
    this.#queues.clear()
    return payloadOf(message)
  }
}

// What is too long to be named is left out, ids first.
function payloadOf(message: Message): { payload: string; whole: boolean } {
  const payload = message.ids && message.ids.length > mostIds ? null : fitting(message)
  if (payload !== null) return { payload, whole: true }
  const short = fitting({ ...message, ids: null }) ?? JSON.stringify({ from: message.from, ids: null, queues: null })
  return { payload: short, whole: false }
}

function fitting(message: Message): string | null {
  const payload = JSON.stringify(message)
  return Buffer.byteLength(payload) <= mostBytes ? payload : null
}
