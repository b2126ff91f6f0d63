// The ledgers of users with limits, one document a user, written by compare-and-set. What is asked for in one turn is
// charged in one round, a ledger read and written once for all that its user asks.
//
//   charge ─▶ read ledger ─▶ what became of its open jobs? ─▶ charge ─▶ write, unless another process was faster: again
import type { Doc, JobDetails, ReadEngine, Tombstone, WriteEngine } from '../engine/engine.ts'
import { isGone } from '../engine/engine.ts'
import { isOutage, WaybillError } from '../job/errors.ts'
import {
  bodyOf,
  charged,
  isBlank,
  isLimited,
  isUnderWay,
  ledgerNow,
  ledgerOf,
  refunded,
  refundedLater,
  standings,
  type Fate,
  type Ledger,
  type Open,
  type Standing,
  type Wanted,
} from '../job/quota.ts'
import { QuotaError } from '../job/quota-error.ts'
import type { JobRecord } from '../job/record.ts'
import { isEnd } from '../job/status.ts'
import type { Tier, Tiers } from '../job/tier.ts'
import { Batcher } from '../lib/batcher.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { BatchRequest, SubmitRequest } from './request.ts'

/** The kind of document that a ledger is, under the user's id. */
export const quotaKind = 'quota'

export interface Charge {
  userId: string
  tier: Tier
  /** All or none are charged. */
  jobs: readonly Wanted[]
}

/** How the user stands with all his limits after the charge; or why nothing was charged. */
type Answer = readonly Standing[] | WaybillError

/** Each time another process has charged the same user: it went on, so did the user. */
const tries = 50

export class Quotas {
  readonly #engine: ReadEngine & WriteEngine
  readonly #tiers: Tiers
  readonly #charges = new Batcher<Charge, Answer>((charges) => this.#chargeAll(charges))

  constructor(engine: ReadEngine & WriteEngine, tiers: Tiers) {
    this.#engine = engine
    this.#tiers = tiers
  }

  /** Null for the many that have none. Throws `bad_request` for a tier that is not defined. */
  tierOf({ tier: name }: Pick<SubmitRequest, 'tier'>): Tier | null {
    if (name === undefined) return null
    const tier = this.#tiers.get(name)
    if (tier) return tier
    const known = [...this.#tiers.keys()]
    const defined = known.length === 0 ? 'createWaybill was given no tiers' : `the tiers are ${known.join(', ')}`
    throw new WaybillError('bad_request', `no tier is named "${name}".${didYouMean(name, known)} ${defined}`)
  }

  /** Throws `engine_unavailable`: then nobody knows whether it was charged, and what was not stored is given back in a minute. */
  charge(charge: Charge): Promise<Answer> {
    return this.#charges.add(charge)
  }

  /** For jobs that were charged and not stored. When the store is away they are given back by themselves, a minute later. */
  async giveBack(userId: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    try {
      await this.#change(userId, (ledger) => ({ ledger: refunded(ledger, ids), answer: null }))
    } catch (error) {
      if (!isOutage(error)) throw error
    }
  }

  /** For a job that is stored much later: of the day and the minute, not of the active ones. Throws as a submit does. */
  async chargeLater(request: Pick<BatchRequest, 'userId' | 'tier'>, id: string): Promise<void> {
    const [{ userId }, tier] = [request, this.tierOf(request)]
    if (userId === null || !tier || !isLimited(tier)) return
    const answer = await this.charge({ userId, tier, jobs: [{ id, rev: null }] })
    if (answer instanceof WaybillError) throw answer
  }

  /** For one that will not be stored after all. */
  async giveBackLater(request: Pick<BatchRequest, 'userId' | 'tier'>): Promise<void> {
    const [{ userId }, tier] = [request, this.tierOf(request)]
    if (userId === null || !tier || !isLimited(tier)) return
    await this.#change(userId, (ledger) => ({ ledger: refundedLater(ledger), answer: null }))
  }

  /** What makes an ended job run again, which counts like a new job: else one job would be as many as its owner likes. */
  async rerun<T>(
    { record, tier: name }: { record: JobRecord; tier?: string },
    run: () => Promise<T>,
  ): Promise<{ value: T; standings: readonly Standing[] }> {
    const [{ id, rev, userId }, tier] = [record, this.tierOf(name === undefined ? {} : { tier: name })]
    if (userId === null || !tier || !isLimited(tier)) return { value: await run(), standings: [] }
    const standings = await this.charge({ userId, tier, jobs: [{ id, rev }] })
    if (standings instanceof WaybillError) throw standings
    try {
      return { value: await run(), standings }
    } catch (error) {
      if (!isOutage(error)) await this.giveBack(userId, [id])
      throw error
    }
  }

  /** Forgets ledgers that say nothing any more. */
  async sweep(): Promise<void> {
    for (const doc of await this.#engine.docs(quotaKind)) {
      const ledger = await this.#ledgerNow(doc, true)
      if (isBlank(ledger)) await this.#engine.putDoc(quotaKind, doc.key, null, doc.rev)
    }
  }

  async #chargeAll(charges: Charge[]): Promise<Answer[]> {
    const users = [...new Set(charges.map(({ userId }) => userId))]
    const answers = new Map<Charge, Answer>()
    const chargeUser = async (userId: string): Promise<void> => {
      const own = charges.filter((charge) => charge.userId === userId)
      for (const [charge, answer] of await this.#chargeUser(userId, own)) answers.set(charge, answer)
    }
    await Promise.all(users.map(chargeUser))
    return charges.map((charge) => answers.get(charge) ?? [])
  }

  #chargeUser(userId: string, charges: Charge[]): Promise<Map<Charge, Answer>> {
    const countsActive = charges.some(({ tier }) => tier.active !== null)
    return this.#change(
      userId,
      (read) => {
        let ledger = read
        const answers = new Map<Charge, Answer>()
        for (const charge of charges) {
          const next = chargedOrRefused(ledger, charge, this.#engine.now())
          if (!(next instanceof WaybillError)) ledger = next
          answers.set(charge, next instanceof WaybillError ? next : standings(next, charge.tier, this.#engine.now()))
        }
        const isRefused = charges.every((charge) => answers.get(charge) instanceof WaybillError)
        return { ledger: isRefused ? null : ledger, answer: answers }
      },
      countsActive,
    )
  }

  // `ledger` null: nothing is written.
  async #change<T>(
    userId: string,
    change: (ledger: Ledger) => { ledger: Ledger | null; answer: T },
    countsActive = true,
  ): Promise<T> {
    for (let i = 0; i < tries; i++) {
      const [doc] = await this.#engine.docs(quotaKind, userId)
      const { ledger, answer } = change(await this.#ledgerNow(doc, countsActive))
      if (ledger === null) return answer
      if (await this.#engine.putDoc(quotaKind, userId, bodyOf(ledger), doc?.rev ?? 0)) return answer
    }
    throw new WaybillError('engine_unavailable', 'what this user has used kept changing; try again', { retryAfter: 1 })
  }

  async #ledgerNow(doc: Doc | undefined, countsActive: boolean): Promise<Ledger> {
    const ledger = ledgerOf(doc?.body)
    const fates = await this.#fatesOf(ledger.open)
    return ledgerNow(ledger, (job) => fates.get(job) ?? 'missing', countsActive, this.#engine.now())
  }

  async #fatesOf(open: readonly Open[]): Promise<Map<Open, Fate>> {
    const found = open.length === 0 ? [] : await this.#engine.get(open.map(({ id }) => id))
    return new Map(open.map((job, i) => [job, fateOf(job, found[i] ?? null)]))
  }
}

// One that has ended, as it had when it was charged for another run, is not there yet.
function fateOf({ rev }: Open, found: JobDetails | Tombstone | null): Fate {
  if (found === null) return 'missing'
  if (isGone(found)) return 'ended'
  if (!isEnd(found.record.status)) return 'unfinished'
  return found.record.rev > rev ? 'ended' : 'missing'
}

function chargedOrRefused(ledger: Ledger, { tier, jobs }: Charge, now: number): Ledger | WaybillError {
  const next = charged(ledger, tier, jobs, now)
  if (!('limit' in next)) return next
  if (jobs.every((job) => isUnderWay(ledger, job))) return underWay()
  return new QuotaError({ tier, over: next, standings: standings(ledger, tier, now), asked: jobs.length, now })
}

function underWay(): WaybillError {
  return new WaybillError(
    'idempotency_in_progress',
    'a request with this Idempotency-Key is being stored; send it again to be answered its job',
    { retryAfter: 1 },
  )
}
