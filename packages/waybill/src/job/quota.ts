// What a user with limits has used: a ledger, and the rules by which it is charged. Pure. A job is charged before it is
// stored; until somebody has seen it in the store its entry stays open, so that a job that never came is given back.
//
//   charge ─▶ open ─▶ seen unfinished: counts as active ─▶ seen ended: closed
//               └──▶ not there after a minute: given back
import type { Tier } from './tier.ts'
import type { Json, JsonObject } from '../lib/json.ts'

export interface Ledger {
  readonly day: Used
  readonly minute: Used
  readonly open: readonly Open[]
}

/** How many jobs in which day or minute since the epoch. */
interface Used {
  readonly window: number
  readonly jobs: number
}

export interface Wanted {
  readonly id: string
  /**
   * 0 for a job that is to be stored, else that of one that is to run again. Null for one that is stored much later: it is
   * used up at once, and nobody waits for it.
   */
  readonly rev: number | null
  /** Tells a request that is sent again from another one. Left out: nothing does. */
  readonly key?: string
}

export interface Open {
  readonly id: string
  readonly rev: number
  readonly key: string
  /** When it was charged. */
  readonly at: number
}

export type Fate = 'unfinished' | 'ended' | 'missing'

export type LimitName = 'day' | 'minute' | 'active'

/** How a user stands with one limit. */
export interface Standing {
  readonly limit: LimitName
  readonly quota: number
  readonly left: number
  /** Null: no window, units come back when jobs end. */
  readonly windowMs: number | null
  /** When the window ends. */
  readonly freeAt: number | null
}

const dayMs = 86_400_000
const minuteMs = 60_000
/** A job that was charged so long ago and is not in the store was never stored: every call of an engine has ended by then. */
const lostMs = 60_000

const nothingUsed: Ledger = { day: { window: 0, jobs: 0 }, minute: { window: 0, jobs: 0 }, open: [] }

/**
 * The ledger as it is now: windows that are over begin anew, what became of open jobs is taken in. Jobs that have not
 * ended stay open where their number is limited (`countsActive`).
 */
export function ledgerNow(before: Ledger, fateOf: (job: Open) => Fate, countsActive: boolean, now: number): Ledger {
  const ledger = { ...before, day: current(before.day, dayMs, now), minute: current(before.minute, minuteMs, now) }
  const fates = ledger.open.map((job) => ({ job, fate: fateOf(job) }))
  const lost = fates.filter(({ job, fate }) => fate === 'missing' && job.at + lostMs <= now).map(({ job }) => job)
  const stays = ({ job, fate }: { job: Open; fate: Fate }) =>
    fate === 'missing' ? !lost.includes(job) : fate === 'unfinished' && countsActive
  return { ...givenBack(ledger, lost), open: fates.filter(stays).map(({ job }) => job) }
}

/** With these jobs charged, or the limit that they would exceed. Nothing is charged in part. */
export function charged(ledger: Ledger, tier: Tier, jobs: readonly Wanted[], now: number): Ledger | Standing {
  const open = jobs.flatMap(({ id, rev, key = '' }) => (rev === null ? [] : { id, rev, key, at: now }))
  const over = standings(ledger, tier, now).find(
    ({ limit, left }) => left < (limit === 'active' ? open.length : jobs.length),
  )
  if (over) return over
  return {
    day: { ...ledger.day, jobs: ledger.day.jobs + jobs.length },
    minute: { ...ledger.minute, jobs: ledger.minute.jobs + jobs.length },
    open: [...ledger.open, ...open],
  }
}

/**
 * Without the last charge of each of these jobs, which was not stored after all. One that is not open any more has been
 * given back, or was stored.
 */
export function refunded({ open, ...used }: Ledger, ids: readonly string[]): Ledger {
  const last = ids.flatMap((id) => open.findLast((job) => job.id === id) ?? [])
  return givenBack({ ...used, open }, [...new Set(last)])
}

/** Without one charge of a job that was to be stored much later. */
export function refundedLater({ day, minute, open }: Ledger): Ledger {
  const less = ({ window, jobs }: Used): Used => ({ window, jobs: Math.max(0, jobs - 1) })
  return { day: less(day), minute: less(minute), open }
}

/** The same request was charged a moment ago, and may be stored any moment. */
export function isUnderWay({ open }: Ledger, { key }: Wanted): boolean {
  return key !== undefined && open.some((job) => job.key === key)
}

/** The limits of the tier, those that last longest first. */
export function standings(ledger: Ledger, tier: Tier, now: number): Standing[] {
  const all = [
    windowed('day', tier.perDay, ledger.day, dayMs, now),
    windowed('minute', tier.perMinute, ledger.minute, minuteMs, now),
    tier.active !== null && standing('active', tier.active, ledger.open.length, null, null),
  ]
  return all.filter((one) => one !== false)
}

export function isLimited({ perDay, perMinute, active }: Tier): boolean {
  return perDay !== null || perMinute !== null || active !== null
}

/** It says no more than none at all: nothing is used, and no job is open. */
export function isBlank({ day, minute, open }: Ledger): boolean {
  return open.length === 0 && day.jobs === 0 && minute.jobs === 0
}

function windowed(limit: LimitName, quota: number | null, used: Used, ms: number, now: number): Standing | false {
  const { window, jobs } = current(used, ms, now)
  return quota !== null && standing(limit, quota, jobs, ms, (window + 1) * ms)
}

function standing(
  limit: LimitName,
  quota: number,
  used: number,
  windowMs: number | null,
  freeAt: number | null,
): Standing {
  return { limit, quota, left: Math.max(0, quota - used), windowMs, freeAt }
}

// A process whose clock is a little behind does not turn a window back.
function current(used: Used, ms: number, now: number): Used {
  const window = Math.floor(now / ms)
  return used.window === window || used.window === window + 1 ? used : { window, jobs: 0 }
}

function givenBack({ day, minute, open }: Ledger, jobs: readonly Open[]): Ledger {
  const less = (used: Used, ms: number): Used => {
    const within = jobs.filter(({ at }) => Math.floor(at / ms) === used.window).length
    return { ...used, jobs: Math.max(0, used.jobs - within) }
  }
  return { day: less(day, dayMs), minute: less(minute, minuteMs), open: open.filter((job) => !jobs.includes(job)) }
}

// ── as a document ──────────────────────────────────────────────────────────────────────────────────────────────────

export function ledgerOf(body: JsonObject | undefined): Ledger {
  if (!body) return nothingUsed
  const open = Array.isArray(body['open']) ? body['open'] : []
  return {
    day: usedOf(body['day']),
    minute: usedOf(body['minute']),
    open: open.flatMap((entry) => openOf(entry) ?? []),
  }
}

export function bodyOf({ day, minute, open }: Ledger): JsonObject {
  return {
    day: [day.window, day.jobs],
    minute: [minute.window, minute.jobs],
    open: open.map(({ id, at, rev, key }) => [id, at, rev, key]),
  }
}

function usedOf(value: Json | undefined): Used {
  const [window, jobs] = Array.isArray(value) ? value : []
  return { window: Number(window ?? 0), jobs: Number(jobs ?? 0) }
}

function openOf(value: Json): Open | null {
  const [id, at, rev, key] = Array.isArray(value) ? value : []
  return typeof id === 'string'
    ? { id, at: Number(at), rev: Number(rev), key: typeof key === 'string' ? key : '' }
    : null
}
