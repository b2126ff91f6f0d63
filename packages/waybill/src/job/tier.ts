// Tiers: what a user of each may submit, as the settings say it. Whose tier it is comes from his token, or from the code
// that enqueues for him.
import { refuseUnknown } from './definition.ts'
import { isObject } from '../lib/json.ts'

/** What is left out is not limited. */
export interface TierOptions {
  /** Jobs a day. A day begins at midnight UTC. */
  perDay?: number
  /** Jobs a minute. A minute begins with the clock's. */
  perMinute?: number
  /** Jobs that have not ended, at most 1,000. */
  active?: number
  /** The highest priority that may be asked for, 0–10. */
  maxPriority?: number
}

/** Null: not limited. */
export interface Tier {
  readonly name: string
  readonly perDay: number | null
  readonly perMinute: number | null
  readonly active: number | null
  readonly maxPriority: number | null
}

export type Tiers = ReadonlyMap<string, Tier>

/** The tier of users whose token names none, where it is defined. */
export const defaultTier = 'default'

const ranges: Record<keyof TierOptions, readonly [least: number, most: number]> = {
  perDay: [0, 1e9],
  perMinute: [0, 1e6],
  active: [0, 1_000],
  maxPriority: [0, 10],
}

/** Throws a TypeError or RangeError that names the tier and its member. */
export function tiersOf(options: Readonly<Record<string, TierOptions>>): Tiers {
  return new Map(Object.entries(options).map(([name, tier]) => [name, tierOf(name, tier)]))
}

function tierOf(name: string, options: TierOptions): Tier {
  const where = `tiers.${name}`
  if (!isObject(options))
    throw new TypeError(`${where}: expected an object such as { perDay: 5 }, got ${typeof options}`)
  refuseUnknown(options, Object.keys(ranges), where)
  const limit = (member: keyof TierOptions) => checked(`${where}.${member}`, options[member], ranges[member])
  return {
    name,
    perDay: limit('perDay'),
    perMinute: limit('perMinute'),
    active: limit('active'),
    maxPriority: limit('maxPriority'),
  }
}

function checked(where: string, value: unknown, [least, most]: readonly [number, number]): number | null {
  if (value === undefined) return null
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(
    `${where}: expected a whole number, ${least}–${most}, got ${JSON.stringify(value)}; leave it out for no limit`,
  )
}
