// Batches: many jobs submitted together, counted, cancelled and retried together, and the job that runs once all have ended.
// What a batch is, is told by its jobs; beside them one document keeps its name and owner, and another, as long as its
// last job (`on_finish`) has not been stored, says that somebody must look. Whoever finds no unfinished job stores it under
// an id that follows from the batch's, so that of many who find it one does.
//
//   document ─▶ (to be finished) ─▶ jobs ─▶ document: sealed, with how many ── … all ended ─▶ on_finish ─▶ (finished)
import { type Doc, type ReadEngine, type WriteEngine } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import type { JobRecord } from '../job/record.ts'
import { statuses, type Status } from '../job/status.ts'
import { sha256, type NewId } from '../lib/ids.ts'
import {
  batchKinds,
  batchOf,
  bodyOf,
  finishId,
  isSealed,
  onFinishOf,
  ownerOf,
  sumOf,
  unfinished,
  type Batch,
} from './batch-doc.ts'
import type { Control } from './control.ts'
import type { BatchRequest, SubmitRequest, Submitted } from './request.ts'
import { faultOf, type Submit } from './submit.ts'

export interface BatchAnswer {
  batchId: string
  /** One a job, in order. With `atomic` there are no errors among them. */
  answers: (Submitted | WaybillError)[]
}

interface Parts {
  engine: ReadEngine & WriteEngine
  submit: Submit
  control: Control
  newId: NewId
}

/** A submitter that has not sealed its batch by then has died. */
const sealMs = 60_000
const pageSize = 200

export class Batches {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Throws as `submit` does: with `atomic` for the first job at fault, else for `onFinish` alone. */
  async submit(request: BatchRequest): Promise<BatchAnswer> {
    checkSize(request)
    const { submit } = this.#parts
    const batchId = this.#idOf(request)
    if (request.onFinish) await submit.check(finishRequest(batchId, request.onFinish, request.userId))
    const isNew = await this.#begin(batchId, request)
    if (isNew && request.onFinish) await this.#chargeFinish(batchId, request)
    const answers = await submit.submitMany(jobsOf(batchId, request), { atomic: request.atomic })
    const fault = request.atomic ? faultOf(answers) : null
    if (fault && isNew) await this.#withdraw(batchId, request)
    if (fault) throw fault
    await this.#seal(batchId, answers.filter((one) => 'record' in one && one.record.batchId === batchId).length)
    return { batchId, answers }
  }

  /** Null when there is no such batch. */
  async get(id: string): Promise<Batch | null> {
    const [doc] = await this.#parts.engine.docs('batch', id)
    return doc ? batchOf(doc, await this.#parts.engine.count({ batchId: id })) : null
  }

  /** Cancels what has not ended; what runs is asked to stop. Answers how many. */
  async cancel(id: string): Promise<number> {
    return this.#eachOf(id, unfinished, (job) =>
      this.#parts.control.cancel(job.id, { reason: 'the batch was cancelled' }),
    )
  }

  /** Runs its failed jobs again, each charged to the tier if one is given; answers how many. `onFinish` does not run again. */
  async retry(id: string, limited: { tier?: string } = {}): Promise<number> {
    const { control, submit } = this.#parts
    const again = (record: JobRecord) => submit.quotas.rerun({ record, ...limited }, () => control.retry(record.id))
    return this.#eachOf(id, ['failed'], again)
  }

  /** Stores what is to run after batches that have ended. Safe to be called anywhere, any time. */
  async finishDue(): Promise<void> {
    const open = await this.#parts.engine.docs('batch_open')
    const rounds = await Promise.allSettled(open.map((one) => this.#finish(one)))
    for (const round of rounds) if (round.status === 'rejected') throw round.reason
  }

  /** Forgets batches none of whose jobs is kept any more. */
  async sweep(): Promise<void> {
    const { engine } = this.#parts
    for (const doc of await engine.docs('batch')) {
      const counts = await engine.count({ batchId: doc.key })
      if (sumOf(counts, statuses) === 0 && this.#isOld(doc)) await this.#forget(doc.key)
    }
  }

  async #finish(open: Doc): Promise<void> {
    const { engine } = this.#parts
    const [doc] = await engine.docs('batch', open.key)
    const onFinish = doc && onFinishOf(doc)
    if (!doc || !onFinish) return this.#isOld(open) ? this.#close(open.key) : undefined
    const unended = sumOf(await engine.count({ batchId: doc.key }), unfinished)
    if (unended > 0 || !(isSealed(doc) || this.#isOld(doc))) return
    if (await this.#stored(finishRequest(doc.key, onFinish, ownerOf(doc)))) await this.#close(doc.key)
  }

  // False when this process does not know the type: another one may.
  async #stored(request: SubmitRequest): Promise<boolean> {
    try {
      await this.#parts.submit.submit(request)
      return true
    } catch (error) {
      if (error instanceof WaybillError && error.code === 'job_id_conflict') return true
      if (error instanceof WaybillError && error.code === 'unknown_type') return false
      throw error
    }
  }

  #isOld({ updatedAt }: Doc): boolean {
    return updatedAt + sealMs < this.#parts.engine.now()
  }

  // Before its jobs, so that none of them can end unseen. False when the same request came before.
  async #begin(batchId: string, request: BatchRequest): Promise<boolean> {
    const { engine } = this.#parts
    if (request.onFinish) await engine.putDoc('batch_open', batchId, {}, null)
    return engine.putDoc('batch', batchId, bodyOf(request, engine.now()), 0)
  }

  // What runs at the end is one more job of its owner's day: else batches of no job at all would be free.
  async #chargeFinish(batchId: string, request: BatchRequest): Promise<void> {
    try {
      await this.#parts.submit.quotas.chargeLater(request, finishId(batchId))
    } catch (error) {
      await this.#forget(batchId)
      throw error
    }
  }

  async #withdraw(batchId: string, request: BatchRequest): Promise<void> {
    await this.#forget(batchId)
    if (request.onFinish) await this.#parts.submit.quotas.giveBackLater(request)
  }

  async #seal(batchId: string, total: number): Promise<void> {
    const { engine } = this.#parts
    const [doc] = await engine.docs('batch', batchId)
    if (doc && !isSealed(doc)) await engine.putDoc('batch', batchId, { ...doc.body, total }, doc.rev)
  }

  async #close(id: string): Promise<void> {
    await this.#parts.engine.putDoc('batch_open', id, null, null)
  }

  async #forget(id: string): Promise<void> {
    for (const kind of batchKinds) await this.#parts.engine.putDoc(kind, id, null, null)
  }

  #idOf({ idempotency }: BatchRequest): string {
    if (!idempotency) return this.#parts.newId()
    return `batch-${sha256(JSON.stringify([idempotency.scope, idempotency.key])).slice(0, 40)}`
  }

  async #eachOf(id: string, status: Status[], change: (job: JobRecord) => Promise<unknown>): Promise<number> {
    let after: string | null = null
    let changed = 0
    do {
      const page: { records: JobRecord[]; next: string | null } = await this.#parts.engine.list({
        filter: { batchId: id, status },
        limit: pageSize,
        after,
      })
      const done = await Promise.allSettled(page.records.map((job) => unlessMoved(change(job))))
      for (const one of done) if (one.status === 'rejected') throw one.reason
      changed += done.filter((one) => one.status === 'fulfilled' && one.value).length
      after = page.next
    } while (after !== null)
    return changed
  }
}

// Somebody else was faster: the job has ended, runs again, or is gone.
async function unlessMoved(change: Promise<unknown>): Promise<boolean> {
  try {
    await change
    return true
  } catch (error) {
    if (error instanceof WaybillError && moved.includes(error.code)) return false
    throw error
  }
}

const moved: readonly string[] = ['job_finished', 'job_not_finished', 'job_expired', 'not_found']

// Of jobs that are submitted each on its own, none may have been sound.
function checkSize({ jobs: { length }, atomic }: BatchRequest): void {
  if (length === 0 && atomic) throw new WaybillError('bad_request', 'a batch has at least one job')
  if (length > limits['batchJobs'])
    throw new WaybillError(
      'too_large',
      `the batch has ${length} jobs, the limit is ${limits['batchJobs']}; send several`,
    )
}

function jobsOf(batchId: string, { jobs, idempotency }: BatchRequest): SubmitRequest[] {
  return jobs.map((job, i) => ({
    ...job,
    batchId,
    ...(idempotency ? { idempotency: { ...idempotency, key: `${idempotency.key} ${i}` } } : {}),
  }))
}

/** Its subject tells it which batch has ended. */
function finishRequest(
  batchId: string,
  { type, input }: { type: string; input: unknown },
  userId: string | null,
): SubmitRequest {
  return { type, input, userId, jobId: finishId(batchId), subject: `batch:${batchId}` }
}
