// How far a running job is likely to be, and how much longer it is likely to run, from how long the last runs of its type
// took. One rule: of those runs that were longer than this one is so far, the middle one says when this one ends. Pure.
//
//   runs 10 20 30 40 50 s, this one at 5 s → they are all longer, the middle one took 30 s: 25 s are left
//                                 at 35 s → only 40 and 50 are longer, the lower middle is 40 s: 5 s are left

/** Below this many runs nothing is said. */
const fewestRuns = 5
/** Runs of a type that are looked at. */
export const mostRuns = 50
/** Whatever the runs say: a job that has not ended is not done. */
const mostProgress = 0.99

/** What the runs of a type say. */
export interface RunTimes {
  /** Milliseconds, rising. */
  readonly sorted: readonly number[]
  /** The middle one. */
  readonly medianMs: number
  /** At each run: the end of a job that has outlived all shorter ones. */
  readonly ends: readonly number[]
  /** At each run: how far the bar had come by the time the run before was over. It never falls behind that. */
  readonly floors: readonly number[]
}

/** How far one running job is. */
export interface Standing {
  /** Since the attempt began. */
  elapsedMs: number
  /** What the job itself has reported; null: nothing yet. */
  progress: number | null
  /** Since it was last heard of. */
  quietMs: number
}

export interface Estimate {
  /** 0 up to 0.99. */
  progress: number
  /** Null: it has outlived every run that is known. */
  leftMs: number | null
}

/** Null when there are too few runs to say anything. Of more than the most, the first are taken: give the newest first. */
export function runTimesOf(newestFirst: readonly number[]): RunTimes | null {
  if (newestFirst.length < fewestRuns) return null
  const sorted = newestFirst
    .slice(0, mostRuns)
    .map((ms) => Math.max(1, Math.round(ms)))
    .toSorted((a, b) => a - b)
  const ends = sorted.map((own, i) => sorted[(i + sorted.length - 1) >> 1] ?? own)
  const floors: number[] = [0]
  for (const [i, ms] of sorted.entries()) floors.push(Math.max(floors[i] ?? 0, ms / (ends[i] ?? ms)))
  return { sorted, medianMs: ends[0] ?? 1, ends, floors }
}

/** `atLeast`: what was said earlier of the same attempt. */
export function estimate(runs: RunTimes, standing: Standing, atLeast = 0): Estimate {
  const { done, forMs } = begunAt(standing)
  const rest = 1 - done
  const at = rest > 0 ? forMs / rest : Number.POSITIVE_INFINITY
  const longer = firstLonger(runs.sorted, at)
  const end = runs.ends[longer]
  const guess = Math.max(runs.floors[longer] ?? 0, end === undefined ? 0 : at / end)
  const progress = Math.min(mostProgress, Math.max(atLeast, done + rest * guess))
  return {
    progress: Math.floor(progress * 1_000 + 1e-6) / 1_000,
    leftMs: end === undefined ? null : Math.max(1, Math.round(rest * (end - at))),
  }
}

// A job that says how far it is is believed: what is left then is that share of a run, begun when it was last heard of.
// Of one that says nothing all is left, and was begun with the attempt.
function begunAt({ elapsedMs, progress, quietMs }: Standing): { done: number; forMs: number } {
  if (progress === null || progress === 0) return { done: 0, forMs: Math.max(0, elapsedMs) }
  return { done: progress, forMs: Math.max(0, quietMs) }
}

function firstLonger(sorted: readonly number[], ms: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) > ms) high = middle
    else low = middle + 1
  }
  return low
}
