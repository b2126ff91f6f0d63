// insert: a job is stored whole or not at all; once a key, once an id, never past its queue's cap.
import type { Inserted, NewJob } from '../../engine.ts'
import { isSound, withdrawn } from '../../new-job.ts'
import type { JobRecord } from '../../../job/record.ts'
import { holder, take } from './holds.ts'
import type { Store } from './store.ts'

export function insert(store: Store, jobs: NewJob[], atomic: boolean, now: number): Inserted[] {
  const before = { jobs: new Map(store.jobs), keys: new Map(store.keys), holds: new Map(store.holds) }
  const answers = jobs.map((job) => insertOne(store, job, now))
  if (!atomic || jobs.every((job, i) => isSound(answers[i] ?? notStored(job), job))) return answers
  restore(store.jobs, before.jobs)
  restore(store.keys, before.keys)
  restore(store.holds, before.holds)
  const made = new Set(answers.flatMap(({ outcome, id }) => (outcome === 'created' ? [id] : [])))
  return jobs.map((job, i) => withdrawn(answers[i] ?? notStored(job), job, made))
}

function notStored({ spec }: NewJob): Inserted {
  return { outcome: 'not_stored', id: spec.id }
}

function insertOne(store: Store, job: NewJob, now: number): Inserted {
  const { idempotency, idGiven, maxPending } = job
  const { id, queue } = job.spec
  const known = idempotency && store.keys.get(idempotency.key)
  if (idempotency && known && known.expiresAt > now)
    return { outcome: known.hash === idempotency.hash ? 'replayed' : 'key_reused', id: known.id }
  const held = holder(store, job, now)
  if (held) return { outcome: 'held', ...held }
  const pending = queued(store, queue)
  if (maxPending !== null && pending >= maxPending) return { outcome: 'queue_full', id, pending }
  const buried = idGiven && (store.tombstones.get(id)?.expiresAt ?? 0) > now
  if (store.jobs.has(id) || buried) return { outcome: 'id_taken', id }
  const record = keep(store, job, now)
  if (idempotency) {
    const { key, hash, keepMs } = idempotency
    store.keys.set(key, { hash, id, expiresAt: now + keepMs })
  }
  take(store, job, now)
  return { outcome: 'created', id, record }
}

function queued(store: Store, queue: string): number {
  const waiting = ({ record }: { record: JobRecord }) => record.status === 'pending' || record.status === 'scheduled'
  return store.all().filter((kept) => kept.record.queue === queue && waiting(kept)).length
}

function keep(store: Store, { spec, inputJson, delayMs }: NewJob, now: number): JobRecord {
  const { startWithinMs } = spec.policy
  const record: JobRecord = {
    ...newborn,
    ...spec,
    createdAt: now,
    updatedAt: now,
    runAt: now + delayMs,
    ...(delayMs > 0 ? { status: 'scheduled', waitReason: 'delay' } : {}),
  }
  store.jobs.set(spec.id, {
    record,
    inputJson,
    timeline: [{ seq: 1, at: now, type: 'created', data: {} }],
    steps: [],
    logs: [],
    born: ++store.ticket,
    ticket: store.ticket,
    place: 0,
    startBy: startWithinMs === null ? null : now + startWithinMs,
  })
  return record
}

const newborn = {
  rev: 1,
  status: 'pending',
  waitReason: null,
  fence: 0,
  attempt: 0,
  fails: 0,
  losses: 0,
  startedAt: null,
  completedAt: null,
  expiresAt: null,
  progress: null,
  progressMessage: null,
  stage: null,
  counts: null,
  cancelRequestedAt: null,
  cancelReason: null,
  cancelBy: null,
  result: null,
  error: null,
  children: null,
  hasSteps: false,
  lease: null,
} as const

function restore<K, V>(map: Map<K, V>, to: Map<K, V>): void {
  map.clear()
  for (const [key, value] of to) map.set(key, value)
}
