// Where the jobs that this process has claimed stand in the file. Only what never changes once it is committed: it saves
// one index lookup a finished job.

export interface Place {
  seq: number
  queue: string
  createdAt: number
}

const most = 100_000

export class Memo {
  readonly #places = new Map<string, Place>()

  get(id: string): Place | undefined {
    return this.#places.get(id)
  }

  keep(id: string, place: Place): void {
    if (this.#places.size >= most) this.#places.clear()
    this.#places.set(id, place)
  }

  /** After a transaction that did not happen: its row numbers may go to other jobs. */
  clear(): void {
    this.#places.clear()
  }

  forget(id: string): void {
    this.#places.delete(id)
  }
}
