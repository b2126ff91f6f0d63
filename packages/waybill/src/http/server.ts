// What every route works with: the parts, auth, the open streams and the counters of one HTTP face.
import type { Parts } from '../parts.ts'
import type { Foreign } from '../foreign/foreign.ts'
import type { Owned, Principal, Verb } from './access.ts'
import type { HttpMetrics } from './metrics/http-metrics.ts'
import type { Peers } from './node/peers.ts'
import type { Streams } from './sse/streams.ts'

/** The part of Auth that routes use. */
export interface AuthFace {
  /** False: nothing is configured, and everybody is the operator. */
  readonly configured: boolean
  /** Throws `unauthenticated` or `token_expired`. At once where it can: the hot path does not wait. */
  principal(request: Request): Principal | Promise<Principal>
  authorize(job: Owned, principal: Principal, verb: Verb): boolean
  mint(token: MintRequest): MintedToken | Promise<MintedToken>
}

export interface MintRequest {
  userId: string
  jobs?: string[]
  /** It may send signals, too. Default false. */
  signal?: boolean
  ttlMs: number
}

export interface MintedToken {
  token: string
  expiresAt: number
}

export interface Server {
  readonly parts: Parts
  readonly auth: AuthFace
  readonly streams: Streams
  /** Lets go of connections whose peers have vanished. */
  readonly peers: Peers
  /** For workers elsewhere. */
  readonly foreign: Foreign
  readonly metrics: HttpMetrics
  /** Aborted when the server begins to shut down. */
  readonly stopping: AbortSignal
  readonly description: Description
}

/** The API's own description. */
export interface Description {
  json: string
  page: { html: string; csp: string }
}
