// Who starts the parts and talks to them: in processes of their own to measure, all in this one to see that they run.
import type { Contestant } from './contestants.ts'
import type { Roles } from './roles.ts'

export type Task<R extends keyof Roles> = ReturnType<Roles[R]['told']>
export type Result<R extends keyof Roles> = Awaited<ReturnType<Roles[R]['play']>>

/** One part being played. */
export interface Actor<R extends keyof Roles> {
  pid: number
  /** What the part hands back. */
  result: Promise<Result<R>>
  say(word: string, value?: number): void
  /** Resolves when the part says this word, or has said it. */
  hear(word: string): Promise<void>
  onWord(word: string, listen: (value: number) => void): void
  kill(): Promise<void>
}

export interface Director {
  start<R extends keyof Roles>(place: Place, role: R, task: Task<R>, cpu?: number): Actor<R>
  /** Ends whatever still plays, after a failure. */
  clear(): void
}

/** Where a part is played. */
export interface Place {
  contestant: Contestant
  url: string
}
