// The machine's own time, for waiting until all is at rest: taken when this is loaded, so that a test runner's fake timers
// do not stop it.
const { setImmediate: soon, setTimeout: later } = globalThis

/** All that is ready to run has run. */
export const turn = (): Promise<void> => new Promise((resolve) => soon(resolve))

export const realMs = (ms: number): Promise<void> => new Promise((resolve) => later(resolve, ms))

export const realNow = (): number => performance.now()

/** Throws when fake timers stand in the way: the worker itself needs turns of the event loop. */
export function refuseFakeTimers(): void {
  if (globalThis.setImmediate === soon) return
  throw new Error(
    "testWaybill: fake timers of the test runner are on, and stop Waybill's own work; leave them off, time here is moved by advance()",
  )
}
