// Children that are threads: cheaper than processes, and one that loops in JavaScript can be ended. Native code cannot,
// nor what a handler has started; and what ends a process (abort, no memory left for it) ends the worker.
import { Worker as Thread } from 'node:worker_threads'
import { errorText } from '../../lib/error-text.ts'
import { program, type Child, type ChildEvents, type Nursery, type NurseryOptions } from './child.ts'
import type { Greeting, Order, Word } from './messages.ts'

export function threads(options: NurseryOptions): Nursery {
  return { spawn: (events) => new ThreadChild(options, events), close: () => {} }
}

class ThreadChild implements Child {
  readonly #thread: Thread
  #fault: string | null = null

  constructor({ module, memoryMb }: NurseryOptions, events: ChildEvents) {
    this.#thread = new Thread(program, {
      workerData: { module: module.href },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      name: 'waybill handler',
    })
    this.#thread.on('message', (word: Greeting | Word) => events.said(word))
    this.#thread.on('error', (error) => (this.#fault = errorText(error)))
    this.#thread.on('exit', (exitCode) => {
      const text = `the thread of the job ended: ${this.#fault ?? `exit code ${exitCode}`}`
      events.gone({ exitCode, signal: null, text })
    })
    this.#thread.unref()
  }

  send(order: Order): void {
    this.#thread.postMessage(order)
  }

  terminate(): void {}

  kill(): void {
    void this.#thread.terminate()
  }

  hold(holds: boolean): void {
    if (holds) this.#thread.ref()
    else this.#thread.unref()
  }

  memoryMb(): null {
    return null
  }
}
