// Keeps long loops polite: every few milliseconds the event loop gets a turn, so that heartbeats go out, progress is
// seen and a cancellation is noticed. Call `await pace()` once per page, chapter or block.

import { setImmediate as turn } from 'node:timers/promises'

const SLICE_MS = 8

export function pacer(signal: AbortSignal): () => Promise<void> {
  let last = performance.now()
  return async () => {
    signal.throwIfAborted()
    if (performance.now() - last < SLICE_MS) return
    await turn()
    last = performance.now()
    signal.throwIfAborted()
  }
}
