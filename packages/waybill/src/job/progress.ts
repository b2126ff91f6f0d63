// Progress: 0…1 or null, never falling within an attempt, 1 only at the end. Pure.
import type { Counts, JobState } from './record.ts'

/** What a handler may say about how far it is. Latest wins, member by member. */
export interface ProgressNote {
  progress?: number | null
  progressMessage?: string | null
  stage?: string | null
  counts?: Counts | null
}

export const messageLimit = 500

/** Brings a reported value into 0…1; what is no number becomes null. */
export function clampProgress(value: number | null | undefined): number | null {
  if (value === null || value === undefined || Number.isNaN(value)) return null
  return Math.min(1, Math.max(0, value))
}

/** The later of two notes, member by member; progress is the larger of both. */
export function mergeNotes(earlier: ProgressNote, later: ProgressNote): ProgressNote {
  const progress = later.progress === undefined ? {} : { progress: higher(earlier.progress, later.progress) }
  return { ...earlier, ...later, ...progress }
}

/** The members of the state that `note` changes, given the state. Empty when it says nothing new. */
export function notedState(
  state: Pick<JobState, 'progress' | 'progressMessage' | 'stage' | 'counts'>,
  note: ProgressNote,
): ProgressNote {
  const next: ProgressNote = {}
  const progress = higher(state.progress, note.progress)
  if (note.progress !== undefined && progress !== state.progress) next.progress = progress
  if (note.progressMessage !== undefined && note.progressMessage !== state.progressMessage)
    next.progressMessage = note.progressMessage
  if (note.stage !== undefined && note.stage !== state.stage) next.stage = note.stage
  if (note.counts !== undefined && JSON.stringify(note.counts) !== JSON.stringify(state.counts))
    next.counts = note.counts
  return next
}

function higher(a: number | null | undefined, b: number | null | undefined): number | null {
  const left = clampProgress(a)
  const right = clampProgress(b)
  if (left === null || right === null) return left ?? right
  return Math.max(left, right)
}
