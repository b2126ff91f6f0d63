// What this process knows of the jobs that it has claimed and that never changes: it lets them end without a read.

export interface Known {
  /** Its place in the order of inserts. */
  n: number
  queue: string
}

const most = 100_000

export class Memo {
  readonly #jobs = new Map<string, Known>()

  get(id: string): Known | undefined {
    return this.#jobs.get(id)
  }

  keep(id: string, known: Known): void {
    if (this.#jobs.size >= most) this.#jobs.clear()
    this.#jobs.set(id, known)
  }

  forget(id: string): void {
    this.#jobs.delete(id)
  }
}
