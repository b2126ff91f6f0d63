// A hint: what an engine says of changes, to whoever watches. It moves nobody's truth; it only says where to look.

/** Something may have changed. Hints may be lost or doubled; whoever needs the truth reads it. */
export interface Hint {
  /** The jobs that changed; null: unknown, look at whatever you watch. */
  ids: string[] | null
  /** Which of `ids` have ended, where the store says so; left out: unknown. */
  ended?: string[]
  /** Queues in which jobs may have become runnable; null: unknown. */
  queues: string[] | null
}
