// One process or thread in which handlers run, as the worker handles it.
import type { Crash } from '../../job/crash.ts'
import type { Greeting, Order, Word } from './messages.ts'

export interface Child {
  send(order: Order): void
  /** Asks it and what it started to end. A thread has heard it from its job's signal. */
  terminate(): void
  /** Ends it. Of a process also what it started, whatever it does; of a thread once it is in JavaScript. */
  kill(): void
  /** Whether the program of the worker must not end before it. */
  hold(holds: boolean): void
  /** Megabytes it takes now; null: not known here. */
  memoryMb(): number | null
}

export interface ChildEvents {
  said(word: Greeting | Word): void
  /** It is no more; said once, after its last word. */
  gone(crash: Crash): void
}

/** How children come about. */
export interface Nursery {
  spawn(events: ChildEvents): Child
  /** Called when no child is left. */
  close(): void
}

export interface NurseryOptions {
  /** The module with the jobs. */
  module: URL
  memoryMb: number
}

/** The program that runs in a child: beside this file, with this file's own ending. */
export const program: URL = new URL(import.meta.url.replace(/child(\.\w+)$/, 'inside$1'))
