// The newest view of each job that is watched, and the one door that views come through: never backwards, never twice.
import { isEnded, type Job, type Progress } from './views.ts'

/** Ended jobs remembered by their rev alone; beyond it the oldest are forgotten, which costs a repeated view at most. */
const mostEnded = 10_000

export class Newest {
  readonly #open = new Map<string, Job>()
  readonly #ended = new Map<string, number>()

  /** The newest view of a job that has not ended. */
  get(id: string): Job | undefined {
    return this.#open.get(id)
  }

  rev(id: string): number {
    return this.#open.get(id)?.rev ?? this.#ended.get(id) ?? 0
  }

  /** Unfinished jobs. */
  ids(): IterableIterator<string> {
    return this.#open.keys()
  }

  /** True when the view is newer than what was known; it is known from now on. */
  take(job: Job): boolean {
    if (job.rev <= this.rev(job.id)) return false
    this.forget(job.id)
    if (isEnded(job)) this.#end(job)
    else this.#open.set(job.id, job)
    return true
  }

  /** What progress makes of the known view; null when it is old; `read` when a change before it was missed. */
  merge(progress: Progress): Job | 'read' | null {
    if (progress.rev <= this.rev(progress.id)) return null
    const known = this.#open.get(progress.id)
    return known && follows(known, progress) ? { ...known, ...progress } : 'read'
  }

  forget(id: string): void {
    this.#open.delete(id)
    this.#ended.delete(id)
  }

  #end({ id, rev }: Job): void {
    this.#ended.set(id, rev)
    if (this.#ended.size <= mostEnded) return
    const oldest = this.#ended.keys().next()
    if (!oldest.done) this.#ended.delete(oldest.value)
  }
}

// Progress is told of running jobs alone and never falls within an attempt. Otherwise the view before it was missed.
function follows(known: Job, { progress }: Progress): boolean {
  return known.status === 'processing' && (progress ?? 0) >= (known.progress ?? 0)
}
