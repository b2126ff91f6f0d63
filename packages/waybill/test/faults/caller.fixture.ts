// How a sound caller deals with an engine that may fail: `engine_unavailable` means try again; anything else is a fault.
import { WaybillError } from '../../src/index.ts'

const PATIENCE_MS = 15_000

/** The answer, or `unavailable`. */
export async function answered<T>(call: () => Promise<T>): Promise<T | 'unavailable'> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof WaybillError && error.code === 'engine_unavailable') return 'unavailable'
    throw error
  }
}

/** Tries again until there is an answer; `refused` hears of each time there was none. */
export async function insisted<T>(call: () => Promise<T>, refused: () => void = () => {}): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const answer = await answered(call)
    if (answer !== 'unavailable') return answer
    if (performance.now() > deadline) throw new Error(`the engine was still unavailable after ${PATIENCE_MS} ms`)
    refused()
    await after(20)
  }
}

export function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
