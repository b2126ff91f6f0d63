// What this process knows of the jobs that it has claimed itself, so that ending one needs no search for its row. Never
// the truth: the fence decides, and a job that is not here takes the longer way.
export interface Remembered {
  seq: number
  queue: string
  fence: number
}

const most = 100_000

export class Memo {
  readonly #jobs = new Map<string, Remembered>()

  get(id: string): Remembered | undefined {
    return this.#jobs.get(id)
  }

  keep(id: string, job: Remembered): void {
    if (this.#jobs.size >= most) this.#jobs.clear()
    this.#jobs.set(id, job)
  }

  forget(id: string): void {
    this.#jobs.delete(id)
  }
}
