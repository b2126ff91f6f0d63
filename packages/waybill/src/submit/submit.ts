// Submitting: check → make → store. All callers of one turn travel in one insert.
//
//   submit(request) ─▶ check ─▶ NewJob ─▶ batcher ─▶ engine.insert ─▶ outcome ─▶ Submitted, or the error the caller sees
//                                                         ▲             │ held by another job of its unique key
//                                                         └─ conflict ◀─┘
import { freshRecord } from '../job/fresh.ts'
import type { Engine, Inserted, JobDetails, NewJob, ReadEngine, Tombstone, WriteEngine } from '../engine/engine.ts'
import { isGone } from '../engine/engine.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import type { JobPolicy, JobRecord } from '../job/record.ts'
import type { Tiers } from '../job/tier.ts'
import { Batcher } from '../lib/batcher.ts'
import type { NewId } from '../lib/ids.ts'
import { checkedInput, checkMembers, checkTimes, definitionOf, priorityOf, type Jobs } from './check.ts'
import { Bill, type Billed } from './bill.ts'
import { Doors } from './doors.ts'
import { conflict, Conflicts } from './conflict.ts'
import type { Control } from './control.ts'
import { keyOf } from './idempotency.ts'
import { Policies } from './policies.ts'
import { Quotas } from './quotas.ts'
import type { SubmitRequest, Submitted } from './request.ts'
import { faultTogether, holdsOf, waitOf, wishesOf } from './wishes.ts'

export interface SubmitParts {
  engine: WriteEngine & ReadEngine & Pick<Engine, 'can'>
  control: Control
  jobs: Jobs
  policy: JobPolicy
  maxPending: number
  newId: NewId
  /** What users of each may submit. Default: no tiers, no limits. */
  tiers?: Tiers
}

const notStoredText = 'not stored, because another job of the same atomic batch was refused'
const noTags: string[] = []
const noMetadata = {}
/** How often a job is inserted anew because the one that had its unique key ended or was replaced meanwhile. */
const tries = 10

export class Submit {
  readonly quotas: Quotas
  readonly #parts: SubmitParts
  readonly #policies: Policies
  readonly #doors: Doors
  readonly #conflicts: Conflicts
  readonly #inserts: Batcher<NewJob, Inserted>
  /** Jobs that a key answered with: a thousand callers with one key are a few reads. */
  readonly #replays: Batcher<string, JobDetails | Tombstone | null>

  constructor(parts: SubmitParts) {
    this.#parts = parts
    this.quotas = new Quotas(parts.engine, parts.tiers ?? new Map())
    this.#policies = new Policies(parts.policy)
    this.#doors = new Doors(parts.engine)
    this.#conflicts = new Conflicts(parts.engine, parts.control)
    this.#replays = new Batcher((ids) => parts.engine.get(ids), { max: 200, inFlight: 2 })
    const halves = parts.engine.can.remote ? { halveFrom: 32 } : {}
    this.#inserts = new Batcher((jobs) => parts.engine.insert(jobs), { max: 500, inFlight: 4, ...halves })
  }

  /**
   * Stores one job; durable when it resolves. Throws a WaybillError: `unknown_type`, `invalid_input`, `too_large`,
   * `bad_request`, `job_id_conflict`, `idempotency_key_reused`, `unique_conflict`, `queue_full`, `draining`,
   * `engine_unavailable`; with a tier also `insufficient_scope`, `quota_exceeded`, `rate_limited`, `too_many_active`.
   */
  async submit(request: SubmitRequest, tx?: unknown): Promise<Submitted> {
    const made = tx === undefined ? this.#make(request) : this.#checkedFor(request, true)
    const job = made instanceof Promise ? await made : made
    const capping = this.#doors.cap([job])
    if (capping) await capping
    return request.tier === undefined ? this.#stored(job, request, tx) : this.#storedWithin(job, request)
  }

  async #storedWithin(job: NewJob, request: SubmitRequest): Promise<Submitted> {
    const bill = await this.#billed([request], [job], false)
    const refusal = bill.isHopeless(job)
    if (refusal) throw refusal
    const [answer] = await bill.settle([job], [await orError(this.#stored(job, request, undefined))])
    if (answer instanceof WaybillError) throw answer
    return answer ?? this.#answer({ outcome: 'not_stored', id: job.spec.id }, job)
  }

  async #billed(requests: SubmitRequest[], jobs: (NewJob | WaybillError)[], atomic: boolean): Promise<Bill> {
    const bill = new Bill(this.quotas)
    const billed = requests.flatMap((request, i): Billed[] => {
      const [job, tier, { userId }] = [jobs[i], this.quotas.tierOf(request), request]
      return !job || job instanceof WaybillError || !tier || userId === null ? [] : [{ job, tier, userId }]
    })
    if (billed.length > 0) await bill.charge(billed, atomic)
    return bill
  }

  async #stored(job: NewJob, request: SubmitRequest, tx: unknown): Promise<Submitted> {
    const stored = tx === undefined ? await this.#inserts.add(job) : await this.#insertOneIn(tx, job)
    return stored.outcome === 'held' ? this.#settled(stored, job, request, tx) : this.#answer(stored, job)
  }

  // Another job has what this one asked for: that one answers, or this one is inserted instead of it.
  async #settled(stored: Inserted, job: NewJob, request: SubmitRequest, tx: unknown): Promise<Submitted> {
    const wishes = wishesOf(definitionOf(this.#parts.jobs, request.type), request, job.inputJson)
    for (let i = 0; i < tries; i++) {
      if (stored.outcome !== 'held' || !wishes) return this.#answer(stored, job)
      const verdict = await this.#conflicts.settle({ held: stored, job, wishes, inTx: tx !== undefined })
      if ('record' in verdict) return verdict
      job = verdict.again
      stored = tx === undefined ? await this.#inserts.add(job) : await this.#insertOneIn(tx, job)
    }
    throw new WaybillError('engine_unavailable', `the jobs of this unique key kept changing; try again`, {
      retryAfter: 1,
    })
  }

  async #insertOneIn(tx: unknown, job: NewJob): Promise<Inserted> {
    const [stored] = await this.#insertIn(tx, [job])
    return stored ?? { outcome: 'not_stored', id: job.spec.id }
  }

  // In a transaction of the caller's own, which nobody else may share: never grouped with other submits.
  #insertIn(tx: unknown, jobs: NewJob[], options: { atomic?: boolean } = {}): Promise<Inserted[]> {
    const { engine } = this.#parts
    if (engine.insertIn) return engine.insertIn(tx, jobs, options)
    throw new WaybillError(
      'bad_request',
      'tx: this engine has no transactions to share; use PostgreSQL or SQLite, or leave tx out',
    )
  }

  /** Stores many in one go, each on its own; with `atomic` all or none. One answer each, in order. */
  async submitMany(
    requests: SubmitRequest[],
    options: { atomic?: boolean; tx?: unknown } = {},
  ): Promise<(Submitted | WaybillError)[]> {
    const made = await Promise.all(
      requests.map((request) => this.#makeOrError(request, options.atomic === true || options.tx !== undefined)),
    )
    const sound = made.filter((job): job is NewJob => !(job instanceof WaybillError))
    if (options.atomic && sound.length < made.length)
      return made.map((job) => (job instanceof WaybillError ? job : notStored()))
    await this.#doors.cap(sound)
    const bill = await this.#billed(requests, made, options.atomic === true)
    const { tx, ...how } = options
    const stored = await (tx === undefined ? this.#parts.engine.insert(sound, how) : this.#insertIn(tx, sound, how))
    const answers = new Map(stored.map((one, i) => [sound[i], one]))
    const settled = await Promise.all(
      made.map(async (job, i) => {
        const [request, answer] = [requests[i], job instanceof WaybillError ? undefined : answers.get(job)]
        if (job instanceof WaybillError || !request) return job instanceof WaybillError ? job : notStored()
        return orError(
          answer?.outcome === 'held'
            ? this.#settled(answer, job, request, tx)
            : this.#answer(answer ?? { outcome: 'not_stored', id: job.spec.id }, job),
        )
      }),
    )
    return bill.settle(made, settled)
  }

  /** Throws what `submit` would throw for the request itself, and stores nothing. */
  async check(request: SubmitRequest): Promise<void> {
    await this.#make(request)
  }

  #make(request: SubmitRequest): NewJob | Promise<NewJob> {
    const definition = definitionOf(this.#parts.jobs, request.type)
    checkMembers(request)
    const input = checkedInput(definition, request.input)
    return typeof input === 'string'
      ? this.#newJob(definition, request, input)
      : input.then((json) => this.#newJob(definition, request, json))
  }

  #makeOrError(request: SubmitRequest, together: boolean): Promise<NewJob | WaybillError> {
    return orError(this.#checkedFor(request, together))
  }

  async #checkedFor(request: SubmitRequest, together: boolean): Promise<NewJob> {
    const job = await this.#make(request)
    if (!together || !job.holds) return job
    const wishes = wishesOf(definitionOf(this.#parts.jobs, request.type), request, job.inputJson)
    const fault = wishes && faultTogether(wishes)
    if (fault) throw new WaybillError('bad_request', `job "${request.type}": ${fault}`)
    return job
  }

  #newJob(definition: AnyJobDefinition, r: SubmitRequest, inputJson: string): NewJob {
    const { engine, maxPending, newId } = this.#parts
    const now = r.runAt === undefined && r.startBy === undefined ? 0 : engine.now()
    if (now > 0) checkTimes(r, now)
    const wishes = wishesOf(definition, r, inputJson)
    return {
      spec: {
        id: r.jobId ?? newId(),
        type: definition.type,
        queue: r.queue ?? definition.queue,
        userId: r.userId,
        priority: priorityOf(definition, r, this.quotas.tierOf(r)),
        title: r.title ?? null,
        subject: r.subject ?? null,
        tags: r.tags ?? noTags,
        metadata: r.metadata ?? noMetadata,
        policy: this.#policies.of(definition, r, now),
        parentId: r.parentId ?? null,
        batchId: r.batchId ?? null,
        scheduleKey: r.scheduleKey ?? null,
        traceparent: r.traceparent ?? null,
      },
      idGiven: r.jobId !== undefined,
      inputJson,
      delayMs: (wishes && waitOf(wishes)) ?? r.delayMs ?? (r.runAt === undefined ? 0 : Math.max(0, r.runAt - now)),
      idempotency: r.idempotency ? keyOf(r.idempotency, r, inputJson) : null,
      maxPending,
      ...(wishes ? { holds: holdsOf(wishes) } : undefined),
    }
  }

  async #answer(stored: Inserted, { spec, maxPending }: NewJob): Promise<Submitted> {
    switch (stored.outcome) {
      case 'created':
        return { record: stored.record, replayed: false }
      case 'replayed':
        return { record: await this.#replayed(stored.id, spec), replayed: true }
      case 'key_reused':
        throw new WaybillError(
          'idempotency_key_reused',
          'this Idempotency-Key was used for a different request; use a new key for a new request',
        )
      case 'id_taken':
        throw new WaybillError(
          'job_id_conflict',
          `a job with the id "${spec.id}" exists; leave job_id out to have one made`,
        )
      case 'held':
        throw conflict(`job ${stored.id} has the unique key`)
      case 'queue_full':
        if (maxPending === 0) throw isDraining(spec.queue)
        throw new WaybillError(
          'queue_full',
          `queue "${spec.queue}" holds ${stored.pending} waiting jobs, the limit is ${maxPending}; try again later`,
          { retryAfter: 5 },
        )
      case 'not_stored':
        throw notStored()
    }
  }

  // Not there yet: the first one of this key came in the same transaction, which has not been committed.
  async #replayed(id: string, spec: NewJob['spec']): Promise<JobRecord> {
    const { engine } = this.#parts
    const found = await this.#replays.add(id)
    if (!found) return freshRecord({ ...spec, id, createdAt: engine.now() })
    if (!isGone(found)) return found.record
    throw new WaybillError('job_expired', 'the job of this Idempotency-Key has been removed after its retention')
  }
}

async function orError<T>(answer: Promise<T>): Promise<T | WaybillError> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof WaybillError) return error
    throw error
  }
}

// It may take long: clients that wait for short outages by themselves give up at once.
function isDraining(queue: string): WaybillError {
  return new WaybillError('draining', `queue "${queue}" is being drained and takes no new jobs; try again later`, {
    retryAfter: 60,
  })
}

function notStored(): WaybillError {
  return new WaybillError('bad_request', notStoredText)
}

/** The error to throw for a batch that was refused as a whole: that of a job at fault, not of one that only came along. */
export function faultOf(answers: (Submitted | WaybillError)[]): WaybillError | null {
  const errors = answers.filter((answer) => answer instanceof WaybillError)
  return errors.find((error) => error.message !== notStoredText) ?? errors[0] ?? null
}
