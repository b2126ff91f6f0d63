// A hold: a name that at most one job has at a time, taken in the same write that stores the job. Nothing is written when
// the job ends: whether a hold still stands is told by its job's state, so a crash can leave none behind.

export interface Hold {
  key: string
  /** Null: stands until its job ends. Else: for so long, whatever becomes of the job. */
  ms: number | null
  /** May be taken from this job, should it have it. Null: from none. */
  instead: string | null
  /** Whether an atomic batch is refused because this hold stands; else the job that has it is a sound answer. */
  strict: boolean
}

/** How often a hold without a time is looked at: is its job still there, and has it not ended? */
export const holdLookMs: number = 24 * 3_600_000
