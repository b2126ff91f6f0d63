// What a schedule owes at a moment: which of its slots are to be fired, which have been missed. Pure.
//
//   settledAt ──(missed)────(missed)──┤ now − a minute ├──(on time)──▶ now
//               catchUp says what of these fires          these fire
import { isName } from './limits.ts'
import { latestSlot, nextSlot, slotsBetween, type Timing } from './slots.ts'

/** What happens to a slot while an earlier job of the schedule has not ended. */
export const overlaps = ['skip', 'queue', 'replace'] as const
export type Overlap = (typeof overlaps)[number]

/** What becomes of slots that were missed because nothing ran: none of them, one for all, or all. */
export const catchUps = ['none', 'one', 'all'] as const
export type CatchUp = (typeof catchUps)[number]

export interface Plan {
  timing: Timing
  overlap: Overlap
  catchUp: CatchUp
  /** Slots up to here have been dealt with. */
  settledAt: number
}

export interface Due {
  /** The slots to fire, oldest first. */
  fire: number[]
  /** Once they are fired, slots up to here have been dealt with. */
  settledAt: number
}

/** A slot that is fired within this is on time: a change of leader must not cost one. */
const onTimeMs = 60_000
/** Slots that one look fires at most; the next look goes on. */
const mostAtOnce = 100
/** `all` goes back no further than this. */
const longestCatchUpMs = 7 * 86_400_000

/** What is owed at `now`; null: nothing. */
export function dueSlots(plan: Plan, now: number): Due | null {
  const { timing, settledAt } = plan
  if (isAhead(settledAt, now)) return { fire: [], settledAt: now }
  const first = nextSlot(timing, settledAt)
  if (first === null || first > now) return null
  const fire = slotsToFire(plan, now)
  const settled = fire.length === mostAtOnce ? fire.at(-1) : latestSlot(timing, settledAt, now)
  return { fire: plan.overlap === 'queue' ? fire : fire.slice(-1), settledAt: settled ?? now }
}

/** A clock that was ahead has been put right: count from now again. Slots that were fired meanwhile have their keys. */
export function isAhead(settledAt: number, now: number): boolean {
  return settledAt > now + onTimeMs
}

function slotsToFire({ timing, catchUp, settledAt }: Plan, now: number): number[] {
  const since = (ms: number) => Math.max(settledAt, now - ms)
  if (catchUp === 'all') return slotsBetween(timing, since(longestCatchUpMs), now, mostAtOnce)
  const onTime = slotsBetween(timing, since(onTimeMs), now, mostAtOnce)
  if (catchUp === 'none' || onTime.length > 0) return onTime
  const latest = latestSlot(timing, settledAt, now)
  return latest === null ? [] : [latest]
}

/** The next `count` slots after `now` that are still to come. */
export function nextRuns(plan: Pick<Plan, 'timing' | 'settledAt'>, now: number, count: number): number[] {
  return slotsBetween(plan.timing, Math.max(now, plan.settledAt), Number.POSITIVE_INFINITY, count)
}

// ── what is no schedule ────────────────────────────────────────────────────────────────────────────────────────────

const shortestMs = 1_000
const longestMs = 366 * 86_400_000

export interface PlanFault {
  member: 'key' | 'cron' | 'every_ms' | 'timezone' | 'catch_up'
  detail: string
}

/** What is wrong with a schedule; null when nothing is. */
export function planFault(
  key: string,
  plan: Pick<Plan, 'timing' | 'overlap' | 'catchUp'>,
  now: number,
): PlanFault | null {
  if (!isName(key)) return { member: 'key', detail: 'a schedule is named by 1–100 letters, digits or . _ : -' }
  if (plan.catchUp === 'all' && plan.overlap !== 'queue')
    return {
      member: 'catch_up',
      detail: `"all" needs the overlap "queue"; with "${plan.overlap}" only the last of the missed runs could stay. Take "one", or "queue"`,
    }
  return timingFault(plan.timing, now)
}

function timingFault(timing: Timing, now: number): PlanFault | null {
  if ('cron' in timing) return zoneFault(timing.timezone) ?? cronFault(timing.cron, timing, now)
  const { everyMs } = timing
  if (Number.isInteger(everyMs) && everyMs >= shortestMs && everyMs <= longestMs) return null
  return { member: 'every_ms', detail: `an interval is 1 s to 366 d, got ${everyMs} ms` }
}

function zoneFault(timezone: string): PlanFault | null {
  try {
    if (/^[A-Za-z]/.test(timezone)) return (void new Intl.DateTimeFormat('en', { timeZone: timezone }), null)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return {
    member: 'timezone',
    detail: `"${timezone.slice(0, 100)}" is no time zone; write an IANA name such as Europe/Berlin or UTC`,
  }
}

function cronFault(cron: string, timing: Timing, now: number): PlanFault | null {
  const fields = cron.trim().split(/\s+/).length
  if (fields !== 5 && fields !== 6)
    return {
      member: 'cron',
      detail: `a cron has 5 fields (minute hour day month weekday), or 6 with seconds first; "${cron.slice(0, 100)}" has ${cron.trim() === '' ? 0 : fields}`,
    }
  try {
    if (nextSlot(timing, now) !== null) return null
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
    return { member: 'cron', detail: `"${cron.slice(0, 100)}" is no cron: ${why}` }
  }
  return { member: 'cron', detail: `"${cron.slice(0, 100)}" would never run: there is no such day` }
}
