// What a queue must offer to be measured here: someone who enqueues and looks, someone who runs, and an honest word on
// what it keeps. One adapter a peer implements it; the acts know nothing else of a peer.

/** 103 bytes of JSON and an owner. Peers that know no owners carry it in their data. */
export interface Input {
  n: number
  text: string
  user: string
}

export interface Producer {
  /** Stores one job and resolves when the store has it. */
  add(input: Input): Promise<string>
  /** Stores many jobs in one call. */
  addMany(inputs: Input[]): Promise<void>
  /** Enqueues one job and resolves when this process learns that it ended. Absent: the peer cannot tell but by polling. */
  addAndSee?: (input: Input) => Promise<void>
  /** Reads the present state of one job. Absent: nothing to read it with. */
  read?: (id: string) => Promise<unknown>
  /** Enqueues one job and tells each progress value of it that arrives, until it ends. */
  addAndFollow?(input: Input, heard: (value: number) => void): Promise<void>
  /** Jobs that wait or run, as the store knows them. */
  unfinished(): Promise<number>
  close(): Promise<void>
}

/** What a job does. `progress` takes 0 to 1; the promise resolves when the peer's own call does. */
export type Handler = (input: Input, progress: (value: number) => Promise<void>) => Promise<void>

export interface Runner {
  close(): Promise<void>
}

export interface RunnerOptions {
  concurrency: number
  handler: Handler
  /** True when a producer wants to see progress and ends: peers that can be told to send no events send them then. */
  events: boolean
}

/** One way of using a peer: at its defaults, or at the best settings its documents name. */
export interface Peer {
  /** Tables, functions, queues: whatever must exist before. Counts in no figure. */
  prepare(url: string): Promise<void>
  producer(url: string, events: boolean): Promise<Producer>
  runner(url: string, options: RunnerOptions): Promise<Runner>
}

export function input(n: number): Input {
  return { n, text: 'x'.repeat(80), user: `user-${n % 100}` }
}
