// Workers elsewhere, in any language: what the HTTP face asks on their behalf. Everything they may know of a lease is in its
// token, so any API process serves any of them, and none remembers any.
import type { WorkerInfo } from '../engine/engine.ts'
import { beat, type Beat, type Standing } from './beat.ts'
import { claimFor, giveBack, type LeaseRequest, type Taken } from './claim.ts'
import { LeaseTokens, type Lease } from './lease-tokens.ts'
import { Line } from './line.ts'
import type { NewId } from '../lib/ids.ts'
import type { ForeignParts } from './parts.ts'
import { settle, type Settled } from './settle.ts'
import { isTicket, redeem } from './ticket.ts'
import type { Word } from './word.ts'

export interface Leased extends Taken {
  token: string
}

export interface Waiting {
  /** How long to wait for work. */
  ms: number
  /** Stop waiting. */
  leaving: AbortSignal
  /** Nobody is there any more to take what was leased. */
  gone: AbortSignal
}

/** A worker is known for so many leases after its last call. */
const knownLeases = 3

export class Foreign {
  readonly parts: ForeignParts & { newId: NewId }
  readonly #secret: () => Promise<string>
  readonly #line: Line
  #tokens: Promise<LeaseTokens> | null = null

  constructor(parts: ForeignParts & { newId: NewId }, secret: () => Promise<string>) {
    this.parts = parts
    this.#secret = secret
    this.#line = new Line(parts.engine, parts.clock)
  }

  /** What there is for the worker; waits for it. */
  async lease(worker: WorkerInfo, request: LeaseRequest, waiting: Waiting): Promise<Leased[]> {
    const tokens = await this.#tokensOfThisStore()
    await this.parts.engine.enrol(worker, request.leaseMs * knownLeases + waiting.ms)
    const taken = await this.#take(request, waiting)
    if (!waiting.gone.aborted) return taken.map((one) => ({ ...one, token: tokens.mint(leaseOf(one, request)) }))
    if (taken.length > 0) await giveBack(this.parts, taken, 'the worker hung up before it was given the job')
    return []
  }

  /** Null for a token that is none of ours. */
  async read(token: string): Promise<Lease | null> {
    const lease = (await this.#tokensOfThisStore()).read(token)
    return lease && isTicket(lease) ? redeem(this.parts, lease) : lease
  }

  beat(workerId: string, beats: Beat[]): Promise<Standing[]> {
    return beat(this.parts, workerId, beats)
  }

  settle(lease: Lease, word: Word): Promise<Settled> {
    return settle(this.parts, lease, word)
  }

  async #take(request: LeaseRequest, { ms, leaving }: Waiting): Promise<Taken[]> {
    const look = () => claimFor(this.parts, request)
    const taken = await look()
    return taken.length > 0 || ms === 0 ? taken : this.#line.wait(request.queues, look, ms, leaving)
  }

  #tokensOfThisStore(): Promise<LeaseTokens> {
    this.#tokens ??= this.#secret().then((secret) => new LeaseTokens(secret))
    this.#tokens.catch(() => (this.#tokens = null))
    return this.#tokens
  }
}

function leaseOf({ fence, job: { record } }: Taken, { workerId, leaseMs }: LeaseRequest): Lease {
  const { id, queue, attempt, policy, lease, createdAt } = record
  return {
    jobId: id,
    workerId,
    fence,
    queue,
    attempt,
    leaseMs,
    startedAt: lease?.startedAt ?? createdAt,
    softTimeoutMs: policy.softTimeoutMs,
    timeoutMs: policy.timeoutMs,
  }
}
