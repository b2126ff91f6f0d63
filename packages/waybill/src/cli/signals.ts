// SIGINT and SIGTERM: the first asks the command to end in order, a second ends it at once (leases then run out).
import { exitCodes } from './exit.ts'

/** npm and npx pass Ctrl-C on to a child that the terminal has told already: that echo is not a second wish. */
const echoMs = 100

export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first: { signal: string; at: number } | null = null
    const heard = (signal: string) => {
      if (first === null) {
        first = { signal, at: performance.now() }
        resolve()
      } else if (signal !== first.signal || performance.now() - first.at > echoMs) process.exit(exitCodes.error)
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, heard)
  })
}
