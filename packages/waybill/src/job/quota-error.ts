// What a user is told whose limits are reached: which limit it is, how much of it is used, and when there is more.
import { WaybillError, type CallerErrorCode } from './errors.ts'
import type { LimitName, Standing } from './quota.ts'
import type { Tier } from './tier.ts'

const codes: Record<LimitName, CallerErrorCode> = {
  day: 'quota_exceeded',
  minute: 'rate_limited',
  active: 'too_many_active',
}

/** Nobody knows when a job ends: one that waits for it asks again after so long. */
const activeSeconds = 10

export interface Refusal {
  tier: Tier
  /** The limit that is reached. */
  over: Standing
  /** All limits of the tier. */
  standings: readonly Standing[]
  asked: number
  now: number
}

export class QuotaError extends WaybillError {
  readonly standings: readonly Standing[]

  constructor({ tier, over, standings, asked, now }: Refusal) {
    super(codes[over.limit], textOf(tier, over, asked), { retryAfter: secondsUntil(over, now) })
    this.name = 'QuotaError'
    this.standings = standings
  }
}

function secondsUntil({ freeAt }: Standing, now: number): number {
  return freeAt === null ? activeSeconds : Math.max(1, Math.ceil((freeAt - now) / 1_000))
}

function textOf({ name }: Tier, { limit, quota, left, freeAt }: Standing, asked: number): string {
  const jobs = quota === 1 ? 'job' : 'jobs'
  const allows = `tier "${name}" allows ${quota} ${limit === 'active' ? `unfinished ${jobs} at a time` : `${jobs} a ${limit}`}`
  const stands = `${quota - left} of them ${limit === 'active' ? 'have not ended' : 'are used'}, ${asked} more asked for`
  if (asked > quota) return `${allows}, and ${asked} were asked for at once; submit fewer`
  if (freeAt === null) return `${allows}: ${stands}; wait until one ends, or cancel one`
  return `${allows}: ${stands}; the next ${limit} begins at ${new Date(freeAt).toISOString()}`
}
