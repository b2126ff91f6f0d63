// Coalesces concurrent callers of one verb into one call (group commit): everything asked for in one turn of the
// event loop travels together, a lone caller waits for nobody, and while calls are in flight the next group gathers.

export interface BatcherOptions {
  /** Items in one call at most. Default 500. */
  max?: number
  /** Calls in flight at most; further items gather. Default 1. */
  inFlight?: number
  /**
   * Of so many items, with nothing in flight, the first half goes and the rest follows at once: whoever answers works on
   * one half while this process works on the other. For callees with a processor of their own. Default: never.
   */
  halveFrom?: number
}

interface Waiting<In, Out> {
  item: In
  resolve(value: Out): void
  reject(reason: unknown): void
}

/** `run` answers one value for each item, in order. */
export class Batcher<In, Out> {
  readonly #run: (items: In[]) => Promise<Out[]>
  readonly #max: number
  readonly #inFlightMax: number
  readonly #halveFrom: number
  #waiting: Waiting<In, Out>[] = []
  #inFlight = 0
  #scheduled = false

  constructor(run: (items: In[]) => Promise<Out[]>, options: BatcherOptions = {}) {
    this.#run = run
    this.#max = options.max ?? 500
    this.#inFlightMax = options.inFlight ?? 1
    this.#halveFrom = options.halveFrom ?? Number.POSITIVE_INFINITY
  }

  add(item: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#schedule()
    })
  }

  // A microtask, not a timer: callers that speak in the same turn are already queued when it runs.
  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= this.#inFlightMax) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      while (this.#waiting.length > 0 && this.#inFlight < this.#inFlightMax)
        void this.#send(this.#waiting.splice(0, this.#share()))
    })
  }

  #share(): number {
    const { length } = this.#waiting
    return this.#inFlight === 0 && length >= this.#halveFrom ? Math.min(this.#max, Math.ceil(length / 2)) : this.#max
  }

  async #send(group: Waiting<In, Out>[]): Promise<void> {
    this.#inFlight++
    try {
      const answers = await this.#run(group.map((w) => w.item))
      for (const [i, waiting] of group.entries()) settle(waiting, answers, i)
    } catch (error) {
      for (const waiting of group) waiting.reject(error)
    } finally {
      this.#inFlight--
      if (this.#waiting.length > 0) this.#schedule()
    }
  }
}

function settle<In, Out>(waiting: Waiting<In, Out>, answers: Out[], i: number): void {
  const answer = answers[i]
  if (answer === undefined) waiting.reject(new Error(`batch answered ${answers.length} values, item ${i} has none`))
  else waiting.resolve(answer)
}
