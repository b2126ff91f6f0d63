// One thing that a server of the worker protocol owes, as a sentence and a way to find out.
import type { Peer } from './wire.ts'

export interface Case {
  name: string
  run: (peer: Peer) => Promise<void>
}
