// The engine under test and the model, side by side: every command goes to both, and their answers must be the same.
import assert from 'node:assert/strict'
import type { Applied, Change } from '../../../job/change.ts'
import type { JobRecord } from '../../../job/record.ts'
import { isGone, type Claimed, type ClaimRequest, type Engine, type JobFilter } from '../../engine.ts'
import { ModelEngine } from '../model.ts'
import type { Subject } from '../subject.ts'

/** One claim as each side answered it: fences are an engine's own numbers. */
export interface PairClaim {
  request: ClaimRequest
  real: Claimed
  model: Claimed
}

export type Side = 'real' | 'model'

/** A list that is being read (pages.ts). */
export interface Reading {
  filter: JobFilter
  oldestFirst: boolean
  /** Where each side's last page ended. Null: at the beginning. */
  after: Record<Side, string | null>
}

export class Pair {
  readonly subject: Subject
  readonly model: Engine
  /** The handle in use; `reopen` and `switch` replace it. */
  engine: Engine
  /** Every id that was ever stored. */
  readonly ids: string[] = []
  readonly claims: PairClaim[] = []
  /** The last changes sent, to be sent again. */
  sent: Record<Side, Change[]> = { real: [], model: [] }
  /** How each job was last seen. */
  readonly seen: Map<string, JobRecord> = new Map()
  /** The list that is being read, page by page. */
  reading: Reading | null = null
  made = 0

  constructor(subject: Subject) {
    this.subject = subject
    this.engine = subject.engine
    // The model goes by the engine's clock: time moves for both alike.
    this.model = new ModelEngine({ now: () => this.engine.now() })
  }

  /** Does the same to both and holds the answers against each other. */
  async both<T>(what: string, act: (engine: Engine, side: Side) => Promise<T>): Promise<T> {
    const real = await act(this.engine, 'real')
    same(real, await act(this.model, 'model'), what)
    return real
  }

  /** Both sides decide from what they themselves show, and store it. */
  async decide(what: string, from: (engine: Engine) => Promise<JobRecord[]>, decider: Decider): Promise<void> {
    const changes = async (engine: Engine) => (await from(engine)).flatMap((job) => decider(job) ?? [])
    await this.apply(what, { real: await changes(this.engine), model: await changes(this.model) })
  }

  async apply(what: string, sent: Record<Side, Change[]>): Promise<void> {
    this.sent = sent
    await this.both(what, async (engine, side) => (await engine.apply(sent[side])).applied.map(plain))
  }

  async claim(request: ClaimRequest): Promise<void> {
    const real = await this.engine.claim(request)
    this.claimed(request, real, await this.model.claim(this.forModel(request)))
  }

  /** Fences are an engine's own numbers: the model knows the same leases by others. */
  forModel({ begun = [], ...request }: ClaimRequest): ClaimRequest {
    const fences = new Map(this.claims.map(({ real, model }) => [real.fence, model.fence]))
    return { ...request, begun: begun.map((one) => ({ ...one, fence: fences.get(one.fence) ?? 0 })) }
  }

  claimed(request: ClaimRequest, real: Claimed, model: Claimed): void {
    same(real.jobs.map(plainLease), model.jobs.map(plainLease), 'claim')
    if (real.jobs.length === 0 || this.claims.some((one) => one.real.fence === real.fence)) return
    const highest = Math.max(0, ...this.claims.map((one) => one.real.fence))
    assert.ok(real.fence > highest, `a new claim has the fence ${real.fence}, an earlier one had ${highest}`)
    this.claims.push({ request, real, model })
  }

  /** One of the jobs that are there (or of those alone that run), as `pick` chooses. */
  oneOf(pick: number, which: 'all' | 'running' = 'all'): (engine: Engine) => Promise<JobRecord[]> {
    return async (engine) => {
      const found = await engine.get(this.ids)
      const there = found.flatMap((one) => (one && !isGone(one) ? [one.record] : []))
      const records = which === 'all' ? there : there.filter(({ status }) => status === 'processing')
      return records.slice(pick % Math.max(1, records.length)).slice(0, 1)
    }
  }
}

export type Decider = (job: JobRecord) => Change | null

function plain(applied: Applied): unknown {
  return applied.outcome === 'applied' ? { outcome: 'applied', rev: applied.rev } : applied
}

function plainLease({ record, inputJson, steps }: Claimed['jobs'][number]): unknown {
  const { id, rev, attempt, status, lease } = record
  return { id, rev, attempt, status, held: lease?.held, inputJson, steps: steps.map(({ key }) => key).toSorted() }
}

export function same(real: unknown, model: unknown, what: string): void {
  assert.deepEqual(real, model, `${what}: the engine (actual) and the model (expected) differ`)
}
