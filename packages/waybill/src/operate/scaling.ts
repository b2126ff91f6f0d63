// How many workers a queue could use: for autoscalers, which compare `load` (it counts running jobs too, so that nobody
// scales down under work) with what one worker takes. Pure.
import type { QueueState } from './queues.ts'

export interface Scaling {
  backlog: number
  running: number
  load: number
  oldestWaitMs: number
  suggestedWorkers: number
}

/** `slots`: what a worker takes at once, where none serves the queue that could say so. */
export function scalingOf({ counts, paused, oldestPendingMs, workers }: QueueState, slots: number): Scaling {
  const backlog = paused ? 0 : counts.pending
  const running = counts.processing
  const each = workers.length === 0 ? slots : workers.reduce((sum, worker) => sum + worker.slots, 0) / workers.length
  return {
    backlog,
    running,
    load: backlog + running,
    oldestWaitMs: paused ? 0 : (oldestPendingMs ?? 0),
    suggestedWorkers: Math.ceil((backlog + running) / Math.max(1, each)),
  }
}
