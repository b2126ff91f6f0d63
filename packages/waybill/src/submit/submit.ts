// Submitting: check → make → store. All callers of one turn travel in one insert.
//
//   submit(request) ─▶ check ─▶ NewJob ─▶ batcher ─▶ engine.insert ─▶ outcome ─▶ Submitted, or the error the caller sees
import { freshRecord } from '../job/fresh.ts'
import type { Engine, Inserted, JobDetails, NewJob, ReadEngine, Tombstone, WriteEngine } from '../engine/engine.ts'
import { isGone } from '../engine/engine.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { idempotencyMs, toPriority } from '../job/policy.ts'
import type { JobPolicy, JobRecord } from '../job/record.ts'
import { Batcher } from '../lib/batcher.ts'
import { sha256, type NewId } from '../lib/ids.ts'
import { canonicalJson, type Json } from '../lib/json.ts'
import { checkedInput, checkMembers, checkTimes, definitionOf, type Jobs } from './check.ts'
import { Policies } from './policies.ts'
import type { SubmitRequest, Submitted } from './request.ts'

export interface SubmitParts {
  engine: WriteEngine & ReadEngine & Pick<Engine, 'can'>
  jobs: Jobs
  policy: JobPolicy
  maxPending: number
  newId: NewId
}

const notStoredText = 'not stored, because another job of the same atomic batch was refused'
const noTags: string[] = []
const noMetadata = {}

export class Submit {
  readonly #parts: SubmitParts
  readonly #policies: Policies
  readonly #inserts: Batcher<NewJob, Inserted>
  /** Jobs that a key answered with: a thousand callers with one key are a few reads. */
  readonly #replays: Batcher<string, JobDetails | Tombstone | null>

  constructor(parts: SubmitParts) {
    this.#parts = parts
    this.#policies = new Policies(parts.policy)
    this.#replays = new Batcher((ids) => parts.engine.get(ids), { max: 200, inFlight: 2 })
    const halves = parts.engine.can.remote ? { halveFrom: 32 } : {}
    this.#inserts = new Batcher((jobs) => parts.engine.insert(jobs), { max: 500, inFlight: 4, ...halves })
  }

  /**
   * Stores one job; durable when it resolves. Throws a WaybillError: `unknown_type`, `invalid_input`, `too_large`,
   * `bad_request`, `job_id_conflict`, `idempotency_key_reused`, `queue_full`, `engine_unavailable`.
   */
  async submit(request: SubmitRequest, tx?: unknown): Promise<Submitted> {
    const made = this.#make(request)
    const job = made instanceof Promise ? await made : made
    if (tx === undefined) return this.#answer(await this.#inserts.add(job), job)
    const [stored] = await this.#insertIn(tx, [job])
    return this.#answer(stored ?? { outcome: 'not_stored', id: job.spec.id }, job)
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
    const made = await Promise.all(requests.map((request) => this.#makeOrError(request)))
    const sound = made.filter((job): job is NewJob => !(job instanceof WaybillError))
    if (options.atomic && sound.length < made.length)
      return made.map((job) => (job instanceof WaybillError ? job : notStored()))
    const { tx, ...how } = options
    const stored = await (tx === undefined ? this.#parts.engine.insert(sound, how) : this.#insertIn(tx, sound, how))
    const answers = new Map(stored.map((one, i) => [sound[i], one]))
    return Promise.all(
      made.map(async (job) => (job instanceof WaybillError ? job : this.#answerOrError(answers.get(job), job))),
    )
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

  async #makeOrError(request: SubmitRequest): Promise<NewJob | WaybillError> {
    try {
      return await this.#make(request)
    } catch (error) {
      if (error instanceof WaybillError) return error
      throw error
    }
  }

  #newJob(definition: AnyJobDefinition, r: SubmitRequest, inputJson: string): NewJob {
    const { engine, maxPending, newId } = this.#parts
    const now = r.runAt === undefined && r.startBy === undefined ? 0 : engine.now()
    if (now > 0) checkTimes(r, now)
    return {
      spec: {
        id: r.jobId ?? newId(),
        type: definition.type,
        queue: r.queue ?? definition.queue,
        userId: r.userId,
        priority: r.priority === undefined ? definition.priority : (toPriority(r.priority) ?? definition.priority),
        title: r.title ?? null,
        subject: r.subject ?? null,
        tags: r.tags ?? noTags,
        metadata: r.metadata ?? noMetadata,
        policy: this.#policies.of(definition, r, now),
        parentId: r.parentId ?? null,
        batchId: null,
        scheduleKey: r.scheduleKey ?? null,
        traceparent: r.traceparent ?? null,
      },
      idGiven: r.jobId !== undefined,
      inputJson,
      delayMs: r.delayMs ?? (r.runAt === undefined ? 0 : Math.max(0, r.runAt - now)),
      idempotency: r.idempotency ? keyOf(r.idempotency, contentHash(r, inputJson)) : null,
      maxPending,
    }
  }

  async #answerOrError(stored: Inserted | undefined, job: NewJob): Promise<Submitted | WaybillError> {
    try {
      return await this.#answer(stored ?? { outcome: 'not_stored', id: job.spec.id }, job)
    } catch (error) {
      if (error instanceof WaybillError) return error
      throw error
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
      case 'queue_full':
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

// A scope and a key that join to the same text as another pair must still differ.
function keyOf(
  { scope, key, keepMs = idempotencyMs }: NonNullable<SubmitRequest['idempotency']>,
  hash: string,
): NewJob['idempotency'] {
  return { key: JSON.stringify([scope, key]), hash, keepMs }
}

function notStored(): WaybillError {
  return new WaybillError('bad_request', notStoredText)
}

/** The error to throw for a batch that was refused as a whole: that of a job at fault, not of one that only came along. */
export function faultOf(answers: (Submitted | WaybillError)[]): WaybillError | null {
  const errors = answers.filter((answer) => answer instanceof WaybillError)
  return errors.find((error) => error.message !== notStoredText) ?? errors[0] ?? null
}

// Whatever makes two requests different; ids that the server makes are not part of it.
function contentHash(r: SubmitRequest, inputJson: string): string {
  const { input: _, idempotency: __, traceparent: ___, metadata, retry, ...rest } = r
  const said: Record<string, Json> = { ...retryJson(retry), metadata: metadata ?? null, input: inputJson }
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) said[key] = value
  return sha256(canonicalJson(said))
}

function retryJson(retry: SubmitRequest['retry']): Record<string, Json> {
  return Object.fromEntries(Object.entries(retry ?? {}).map(([key, value]) => [`retry.${key}`, value]))
}
