// What one submit of a user with limits is charged: before its jobs are stored, and given back for those that were not.
//
//   charge ─▶ refused? then there is no room for the job, so that only a job that exists already can answer
//      └────▶ store ─▶ answers ─▶ settle: give back what a job that exists answered, or an error
import type { NewJob } from '../engine/engine.ts'
import { isOutage, WaybillError } from '../job/errors.ts'
import { isLimited, type Standing, type Wanted } from '../job/quota.ts'
import type { Tier } from '../job/tier.ts'
import { sha256 } from '../lib/ids.ts'
import type { Quotas } from './quotas.ts'
import type { Submitted } from './request.ts'

/** A job of a user with limits. */
export interface Billed {
  job: NewJob
  userId: string
  tier: Tier
}

type Settled = Submitted | WaybillError

export class Bill {
  readonly #quotas: Quotas
  readonly #owners = new Map<NewJob, string>()
  readonly #refusals = new Map<NewJob, WaybillError>()
  readonly #standings = new Map<NewJob, readonly Standing[]>()

  constructor(quotas: Quotas) {
    this.#quotas = quotas
  }

  /** With `atomic` all jobs of a user or none, else each on its own. */
  async charge(billed: readonly Billed[], atomic: boolean): Promise<void> {
    const limited = billed.filter(({ tier }) => isLimited(tier))
    const groups = atomic ? Map.groupBy(limited, ({ userId }) => userId).values() : limited.map((one) => [one])
    await Promise.all([...groups].map((group) => this.#chargeTogether(group)))
  }

  /** Nobody but a job that has its key or its name could answer this one. */
  isHopeless(job: NewJob): WaybillError | null {
    return job.idempotency || job.holds ? null : (this.#refusals.get(job) ?? null)
  }

  /** The answers as the callers get them; one for each of `jobs`. */
  async settle(jobs: readonly (NewJob | WaybillError)[], answers: readonly Settled[]): Promise<Settled[]> {
    const unused = new Map<string, string[]>()
    const settled = answers.map((answer, i) => {
      const job = jobs[i]
      if (!job || job instanceof WaybillError) return answer
      const owner = this.#owners.get(job)
      if (owner !== undefined && isUnused(answer)) unused.set(owner, [...(unused.get(owner) ?? []), job.spec.id])
      return this.#shown(job, answer)
    })
    await Promise.all([...unused].map(([userId, ids]) => this.#quotas.giveBack(userId, ids)))
    return settled
  }

  async #chargeTogether(group: readonly Billed[]): Promise<void> {
    const [first] = group
    if (!first) return
    const { userId, tier } = first
    const jobs = group.map(({ job }) => wanted(job))
    const answer = await this.#quotas.charge({ userId, tier, jobs })
    for (const { job } of group) {
      if (answer instanceof WaybillError) this.#refuse(job, answer)
      else this.#keep(job, userId, answer)
    }
  }

  #refuse(job: NewJob, error: WaybillError): void {
    this.#refusals.set(job, error)
    job.maxPending = 0
  }

  #keep(job: NewJob, userId: string, standings: readonly Standing[]): void {
    this.#owners.set(job, userId)
    this.#standings.set(job, standings)
  }

  // No room: because of the limit, whatever else.
  #shown(job: NewJob, answer: Settled): Settled {
    const refusal = this.#refusals.get(job)
    if (answer instanceof WaybillError) return refusal && answer.code === 'draining' ? refusal : answer
    const standings = this.#standings.get(job)
    return standings && !isUnused(answer) ? { ...answer, standings } : answer
  }
}

function wanted({ spec: { id }, idempotency }: NewJob): Wanted {
  return { id, rev: 0, ...(idempotency ? { key: sha256(idempotency.key).slice(0, 16) } : {}) }
}

// After an outage nobody knows: the ledger finds out.
function isUnused(answer: Settled): boolean {
  return answer instanceof WaybillError ? !isOutage(answer) : answer.replayed || answer.instead !== undefined
}
