// SIGINT and SIGTERM: the first asks the command to end in order, a second ends it at once (leases then run out).
import { exitCodes } from './exit.ts'

/** npm and npx pass Ctrl-C on to a child that the terminal has told already: that echo is not a second wish. */
const echoMs = 100

export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | null = null
    const heard = () => {
      if (first === null) {
        first = performance.now()
        resolve()
      } else if (performance.now() - first > echoMs) process.exit(exitCodes.error)
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, heard)
  })
}
