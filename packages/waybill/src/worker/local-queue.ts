// Jobs that are leased but not begun, claim by claim and in claim order. A claim's jobs may begin only as far as the
// engine has been told (`allowed`): what lies beyond is held, and a crash charges it nothing.
import type { Claimed, LeasedJob } from '../engine/engine.ts'

interface Batch {
  fence: number
  jobs: LeasedJob[]
  /** How many have begun. */
  begun: number
  /** How many may begin; the engine knows. */
  allowed: number
}

/** A job that is leased here but has not begun. */
export interface Held {
  job: LeasedJob
  fence: number
}

export interface Permit {
  fence: number
  begun: number
}

export class LocalQueue {
  #batches: Batch[] = []
  #size = 0

  /** Jobs waiting here. */
  get size(): number {
    return this.#size
  }

  /** True when something waits and only a permit is missing. */
  get blocked(): boolean {
    const head = this.#batches[0]
    return head !== undefined && head.begun >= head.allowed
  }

  add({ fence, jobs }: Claimed, allowed: number): void {
    if (jobs.length === 0) return
    this.#batches.push({ fence, jobs, begun: 0, allowed })
    this.#size += jobs.length
  }

  /** The job that `next` would give. */
  peek(): LeasedJob | null {
    const head = this.#batches[0]
    return head === undefined || head.begun >= head.allowed ? null : (head.jobs[head.begun] ?? null)
  }

  /** The next job that may begin, or null. */
  next(): Held | null {
    const head = this.#batches[0]
    if (head === undefined || head.begun >= head.allowed) return null
    const job = head.jobs[head.begun++]
    if (head.begun === head.jobs.length) this.#batches.shift()
    this.#size--
    return job ? { job, fence: head.fence } : null
  }

  /** What to ask permission for so that `count` jobs may begin; with how many of `count` that leaves for new ones. */
  permits(count: number): { wanted: Permit[]; left: number } {
    const wanted: Permit[] = []
    let left = count
    for (const batch of this.#batches) {
      if (left <= 0) break
      const upTo = Math.min(batch.jobs.length, batch.begun + left)
      left -= upTo - batch.begun
      if (upTo > batch.allowed) wanted.push({ fence: batch.fence, begun: upTo })
    }
    return { wanted, left: Math.max(0, left) }
  }

  allow(granted: Permit[]): void {
    for (const { fence, begun } of granted) {
      const batch = this.#batches.find((b) => b.fence === fence)
      if (batch) batch.allowed = Math.max(batch.allowed, begun)
    }
  }

  /** Empties the queue; for giving everything back. */
  drain(): Held[] {
    const all = this.#batches.flatMap(({ jobs, begun, fence }) => jobs.slice(begun).map((job) => ({ job, fence })))
    this.#batches = []
    this.#size = 0
    return all
  }
}
