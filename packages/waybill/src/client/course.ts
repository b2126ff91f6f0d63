// What a lane brings: named jobs (named-course.ts), or all that fit a filter (filter-course.ts). Each can be had as one
// event stream, or by asking in rounds.

export interface Course {
  /** Nothing is left to bring. */
  readonly over: boolean
  /** Path of the event stream, as things stand. */
  stream(): string
  room(): Promise<void> | null
  /** Asks once for what has changed; resolves with the milliseconds to rest before asking again. `patient`: may wait. */
  round(signal: AbortSignal, patient: boolean): Promise<number>
}

/** Between two rounds, when the server says nothing of it. */
export const paceMs = 2_000
