// A child's end of the line to its worker, be it a process or a thread.
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import type { Greeting, Order, Word } from './messages.ts'

export interface Line {
  /** The module with the jobs. */
  readonly module: string
  say(word: Greeting | Word): void
}

export function openLine(hear: (order: Order) => void): Line {
  return isMainThread ? processLine(hear) : threadLine(hear)
}

function processLine(hear: (order: Order) => void): Line {
  process.on('message', (order) => hear(orderOf(order)))
  process.on('disconnect', () => process.exit()) // the worker is no more
  process.on('SIGTERM', () => {}) // meant for what handlers have started: they themselves hear their signal
  return {
    module: process.argv[2] ?? '',
    // When the worker is no more, the line says so by itself.
    say: (word) => void process.send?.(word, undefined, undefined, () => {}),
  }
}

function threadLine(hear: (order: Order) => void): Line {
  const { module }: { module: string } = workerData
  parentPort?.on('message', hear)
  return { module, say: (word) => parentPort?.postMessage(word) }
}

function orderOf(message: unknown): Order
function orderOf(message: unknown): unknown {
  return message
}
