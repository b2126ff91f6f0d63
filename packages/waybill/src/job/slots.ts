// When a schedule is due: its slots, from its timing alone. Pure: the time is handed in.
//
// Where clocks are put forward and back (daylight saving), by the schedule's own time zone:
//   a time of day that is written out (no `*` and no `/` in seconds, minutes and hours) happens once a day: in spring, when
//   it falls into the hour that is left out, at the first moment after that hour; in autumn, when it comes twice, the first time.
//   Anything with `*` or `/` follows the clock as it runs: what spring leaves out does not happen, what autumn repeats does.
import { Cron } from 'croner'

export type Timing = CronTiming | IntervalTiming

export interface CronTiming {
  /** Five fields, or six with seconds first. */
  cron: string
  /** IANA name. */
  timezone: string
}

export interface IntervalTiming {
  everyMs: number
  /** Slots are whole intervals after this. */
  anchorAt: number
}

type Next = (after: number) => number | null

/** The first slot after `after`; null when none will ever come. Throws for a cron or time zone that is none. */
export function nextSlot(timing: Timing, after: number): number | null {
  return nextOf(timing)(after)
}

/** At most `most` slots later than `after`, up to and including `until`. */
export function slotsBetween(timing: Timing, after: number, until: number, most: number): number[] {
  const next = nextOf(timing)
  const slots: number[] = []
  for (let slot = next(after); slot !== null && slot <= until && slots.length < most; slot = next(slot))
    slots.push(slot)
  return slots
}

/** The last slot later than `after`, up to and including `until`. Found by halving: there may be millions in between. */
export function latestSlot(timing: Timing, after: number, until: number): number | null {
  const next = nextOf(timing)
  let latest: number | null = null
  let [from, to] = [after, until] // the slot looked for is in (from, to]
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    const later = next(middle)
    if (later !== null && later <= until) [latest, from] = [later, later]
    else to = middle
  }
  return latest
}

function nextOf(timing: Timing): Next {
  if ('cron' in timing) return nextOfCron(timing)
  const { everyMs, anchorAt } = timing
  return (after) => anchorAt + (Math.floor((after - anchorAt) / everyMs) + 1) * everyMs
}

function nextOfCron({ cron, timezone }: CronTiming): Next {
  const clock = new Cron(cron, { timezone, paused: true, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' })
  return (after) => clock.nextRun(new Date(after))?.getTime() ?? null
}
