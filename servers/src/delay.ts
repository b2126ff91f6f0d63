// Data on its way to a socket, held back for a while, never out of order. Part of the proxy.
import type { Socket } from 'node:net'

export interface Pipe {
  write: (bytes: Buffer) => void
  /** Ends the socket behind all that was written. */
  end: () => void
  /** Runs behind all that was written has left. */
  afterAll(run: () => void): void
  /** Forgets what has not left yet. */
  drop: () => void
}

export function delayedPipe(to: Socket, delayMs: () => number): Pipe {
  const waiting: { due: number; run: () => void }[] = []
  let timer: NodeJS.Timeout | null = null
  const release = () => {
    timer = null
    while (waiting[0] !== undefined && waiting[0].due <= performance.now()) waiting.shift()?.run()
    const [next] = waiting
    if (next !== undefined) timer = setTimeout(release, Math.ceil(next.due - performance.now()))
  }
  const later = (run: () => void) => {
    waiting.push({ due: performance.now() + delayMs(), run })
    if (timer === null) release()
  }
  return {
    write: (bytes) => later(() => void (to.writable && to.write(bytes))),
    end: () => later(() => void to.end()),
    // An empty write calls back when all before it is with the system.
    afterAll: (run) => later(() => void (to.writable ? to.write('', run) : run())),
    drop: () => {
      waiting.length = 0
      if (timer !== null) clearTimeout(timer)
    },
  }
}
