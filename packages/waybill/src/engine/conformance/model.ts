// The model: the simplest engine that keeps the contract, in memory, on the pure rules of job/. It is the definition that
// every other engine is compared with; nothing here is fast. `without` removes one guard, to show that the suite sees it.
import { changed, meets, type Applied, type Change } from '../../job/change.ts'
import { tombstoneMs } from '../../job/policy.ts'
import { notedState } from '../../job/progress.ts'
import type { JobRecord, LogLine, Step } from '../../job/record.ts'
import { isEnd, type Status } from '../../job/status.ts'
import type { TimelineEntry } from '../../job/timeline.ts'
import type { JsonObject } from '../../lib/json.ts'
import type {
  Capabilities,
  Claimed,
  ClaimRequest,
  Doc,
  DueKind,
  Engine,
  EngineHealth,
  Extended,
  ExtendRequest,
  Hint,
  Include,
  Inserted,
  JobDetails,
  JobFilter,
  LeasedJob,
  ListPage,
  ListRequest,
  NewJob,
  Note,
  QueueRow,
  Tombstone,
  WorkerInfo,
  WorkerRow,
} from '../engine.ts'
import { matchesFilter } from './model-filter.ts'

export type Guard = 'fence' | 'expiry' | 'cancel flag' | 'claim replay' | 'idempotency' | 'held' | 'rev' | 'retention'

interface Kept {
  record: JobRecord
  inputJson: string
  timeline: TimelineEntry[]
  steps: Step[]
  logs: LogLine[]
  /** The order of arrival: of the insert, and of each return to the queue. */
  ticket: number
  /** Place in the claim that leased it. */
  place: number
}

interface Lease {
  fence: number
  workerId: string
  claimId: string
  expiresAt: number
  heartbeatAt: number
  startedAt: number
  begun: number
}

const noCounts = (): Record<Status, number> => ({
  scheduled: 0,
  pending: 0,
  waiting: 0,
  processing: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
})

export class ModelEngine implements Engine {
  readonly can: Capabilities = { stamp: true, shared: false }
  readonly #now: () => number
  readonly #without: Guard | null
  readonly #jobs = new Map<string, Kept>()
  readonly #leases = new Map<number, Lease>()
  readonly #keys = new Map<string, { hash: string; id: string; expiresAt: number }>()
  readonly #gone = new Map<string, { userId: string | null; expiresAt: number }>()
  readonly #docs = new Map<string, Doc>()
  readonly #roles = new Map<string, { holder: string; expiresAt: number }>()
  readonly #workers = new Map<string, WorkerRow & { ttlMs: number }>()
  readonly #listeners = new Set<(hint: Hint) => void>()
  #fence = 0
  #ticket = 0
  #stamp = 0

  constructor(now: () => number, without: Guard | null = null) {
    this.#now = now
    this.#without = without
  }

  // ── writing ──

  async insert(jobs: NewJob[], options: { atomic?: boolean } = {}): Promise<Inserted[]> {
    const undo = options.atomic ? [...this.#jobs.keys()] : null
    const keys = new Map(this.#keys)
    const answers = jobs.map((job) => this.#insertOne(job))
    if (undo === null || answers.every((a) => a.outcome === 'created' || a.outcome === 'replayed'))
      return this.#told(answers)
    for (const id of this.#jobs.keys()) if (!undo.includes(id)) this.#jobs.delete(id)
    this.#keys.clear()
    for (const [key, value] of keys) this.#keys.set(key, value)
    return answers.map((a) => (a.outcome === 'created' ? { outcome: 'not_stored', id: a.id } : a))
  }

  #insertOne({ spec, inputJson, delayMs, idempotency, maxPending, idGiven }: NewJob): Inserted {
    const now = this.now()
    const known = idempotency && this.#keys.get(idempotency.key)
    if (idempotency && known && known.expiresAt > now && this.#without !== 'idempotency') {
      return { outcome: known.hash === idempotency.hash ? 'replayed' : 'key_reused', id: known.id }
    }
    const waiting = [...this.#jobs.values()].filter(
      ({ record: r }) => r.queue === spec.queue && (r.status === 'pending' || r.status === 'scheduled'),
    ).length
    if (maxPending !== null && waiting >= maxPending) return { outcome: 'queue_full', id: spec.id, pending: waiting }
    if (this.#jobs.has(spec.id) || (idGiven && this.#isGone(spec.id))) return { outcome: 'id_taken', id: spec.id }
    const record: JobRecord = {
      ...spec,
      createdAt: now,
      rev: 1,
      status: delayMs > 0 ? 'scheduled' : 'pending',
      waitReason: delayMs > 0 ? 'delay' : null,
      fence: 0,
      attempt: 0,
      fails: 0,
      losses: 0,
      runAt: now + delayMs,
      startedAt: null,
      updatedAt: now,
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
    }
    const timeline: TimelineEntry[] = [{ seq: 1, at: now, type: 'created', data: {} }]
    this.#jobs.set(spec.id, { record, inputJson, timeline, steps: [], logs: [], ticket: ++this.#ticket, place: 0 })
    if (idempotency)
      this.#keys.set(idempotency.key, { hash: idempotency.hash, id: spec.id, expiresAt: now + idempotency.keepMs })
    return { outcome: 'created', id: spec.id, record }
  }

  async claim(request: ClaimRequest): Promise<Claimed> {
    const now = this.now()
    for (const { fence, begun } of request.begun ?? []) this.#begin(fence, begun)
    const same = [...this.#leases.values()].find(
      (l) => l.claimId === request.claimId && l.workerId === request.workerId && this.#leasedUnder(l.fence).length > 0,
    )
    if (same && this.#without !== 'claim replay')
      return { fence: same.fence, jobs: this.#leasedUnder(same.fence).map((kept) => this.#leased(kept)) }
    const chosen = this.#runnable(request.queues).slice(0, request.max)
    if (chosen.length === 0) return { fence: 0, jobs: [] }
    const fence = ++this.#fence
    const { workerId, claimId } = request
    this.#leases.set(fence, {
      fence,
      workerId,
      claimId,
      expiresAt: now + request.leaseMs,
      heartbeatAt: now,
      startedAt: now,
      begun: request.begins,
    })
    const jobs = chosen.map((kept, place) => this.#lease(kept, place, fence, workerId, now))
    return this.#told({ fence, jobs })
  }

  #lease(kept: Kept, place: number, fence: number, workerId: string, now: number): LeasedJob {
    const { record } = kept
    kept.place = place
    kept.record = {
      ...record,
      rev: record.rev + 1,
      status: 'processing',
      waitReason: null,
      fence,
      attempt: record.attempt + 1,
      startedAt: now,
      updatedAt: now,
    }
    kept.timeline.push({
      seq: kept.record.rev,
      at: now,
      type: 'claimed',
      data: { attempt: kept.record.attempt, fence, worker_id: workerId },
    })
    return this.#leased(kept)
  }

  #leased(kept: Kept): LeasedJob {
    return { record: this.#shown(kept, true), inputJson: this.#inputOf(kept), steps: kept.steps }
  }

  #runnable(queues: string[]): Kept[] {
    const served = [...this.#jobs.values()].filter(({ record: r }) => r.status === 'pending' && !this.#paused(r.queue))
    const order = (a: Kept, b: Kept) => b.record.priority - a.record.priority || a.ticket - b.ticket
    if (queues.length === 0) return served.toSorted(order)
    return queues.flatMap((queue) => served.filter(({ record }) => record.queue === queue).toSorted(order))
  }

  async apply(changes: Change[], claim?: ClaimRequest): Promise<{ applied: Applied[]; claimed: Claimed | null }> {
    const applied = changes.map((change) => this.#applyOne(change))
    return this.#told({ applied, claimed: claim ? await this.claim(claim) : null })
  }

  #applyOne(change: Change): Applied {
    const kept = this.#jobs.get(change.id)
    if (!kept) return { outcome: 'missing' }
    const now = this.now()
    const verdict = meets(this.#shown(kept, true), this.#loosened(change), now)
    if (verdict !== 'yes') return { outcome: verdict }
    const before = kept.record
    const next = changed({ ...before, lease: null }, change, now)
    kept.record = this.#without === 'rev' ? { ...next, rev: before.rev } : next
    if (next.status === 'pending') kept.ticket = ++this.#ticket
    kept.timeline.push({ seq: next.rev, at: now, type: change.event.type, data: change.event.data })
    return { outcome: 'applied', rev: kept.record.rev, at: now }
  }

  #loosened(change: Change): Change {
    const { fence, cancelRequested, leaseExpired, ...rest } = change.expect
    const held = this.#without === 'fence' ? {} : { ...(fence === undefined ? {} : { fence }) }
    const flag = cancelRequested === undefined || this.#without === 'cancel flag' ? {} : { cancelRequested }
    const expired = leaseExpired === undefined || this.#without === 'expiry' ? {} : { leaseExpired }
    return { ...change, expect: { ...rest, ...held, ...flag, ...expired } }
  }

  async extend({ workerId, leaseMs, leases, jobs }: ExtendRequest): Promise<Extended> {
    const now = this.now()
    for (const { fence, begun } of leases) {
      const lease = this.#leases.get(fence)
      if (lease?.workerId !== workerId) continue
      lease.expiresAt = Math.max(lease.expiresAt, now + leaseMs)
      lease.heartbeatAt = now
      this.#begin(fence, begun)
    }
    const worker = this.#workers.get(workerId)
    if (worker) this.#workers.set(workerId, { ...worker, heartbeatAt: now, expiresAt: now + worker.ttlMs })
    const standing = jobs.map(({ id, fence }) => ({ id, kept: this.#holder(id, fence) }))
    this.#stamp++
    return {
      lost: standing.filter(({ kept }) => !kept).map(({ id }) => id),
      cancel: standing.filter(({ kept }) => kept && kept.record.cancelRequestedAt !== null).map(({ id }) => id),
    }
  }

  async note(notes: Note[]): Promise<(number | 'lost')[]> {
    return this.#told(notes.map((note) => this.#noteOne(note)))
  }

  #noteOne({ id, fence, logs = [], steps = [], ...said }: Note): number | 'lost' {
    const kept = this.#without === 'fence' ? this.#jobs.get(id) : this.#holder(id, fence)
    if (!kept) return 'lost'
    const now = this.now()
    for (const line of logs) kept.logs.push({ ...line, seq: kept.logs.length + 1, at: now })
    for (const step of steps)
      kept.steps = [...kept.steps.filter(({ key }) => key !== step.key), { ...step, endedAt: now }]
    if (steps.length > 0) kept.record = { ...kept.record, hasSteps: true }
    const news = notedState(kept.record, said)
    if (Object.keys(news).length > 0)
      kept.record = { ...kept.record, ...news, rev: kept.record.rev + 1, updatedAt: now }
    return kept.record.rev
  }

  async enrol(worker: WorkerInfo, ttlMs: number): Promise<void> {
    const now = this.now()
    const startedAt = this.#workers.get(worker.id)?.startedAt ?? now
    if (ttlMs <= 0) this.#workers.delete(worker.id)
    else this.#workers.set(worker.id, { ...worker, ttlMs, startedAt, heartbeatAt: now, expiresAt: now + ttlMs })
    this.#stamp++
  }

  async purge(limit: number, id?: string): Promise<number> {
    const now = this.now()
    const due = [...this.#jobs.values()]
      .filter(
        ({ record: r }) =>
          isEnd(r.status) &&
          (id === undefined ? (r.expiresAt ?? 0) <= now || this.#without === 'retention' : r.id === id),
      )
      .slice(0, id === undefined ? limit : 1)
    for (const { record } of due) {
      this.#jobs.delete(record.id)
      this.#gone.set(record.id, { userId: record.userId, expiresAt: now + tombstoneMs })
    }
    return this.#told(due.length)
  }

  async putDoc(kind: string, key: string, body: JsonObject | null, expectRev: number | null): Promise<boolean> {
    const place = `${kind} ${key}`
    const rev = this.#docs.get(place)?.rev ?? 0
    if (expectRev !== null && expectRev !== rev) return false
    if (body === null) this.#docs.delete(place)
    else this.#docs.set(place, { kind, key, rev: rev + 1, body, updatedAt: this.now() })
    return this.#told(true)
  }

  async lead(role: string, holder: string, ttlMs: number): Promise<boolean> {
    const held = this.#roles.get(role)
    if (held && held.expiresAt > this.now() && held.holder !== holder) return false
    this.#roles.set(role, { holder, expiresAt: this.now() + ttlMs })
    return true
  }

  // ── reading ──

  now(): number {
    return this.#now()
  }

  async get(ids: string[], include: Include = {}): Promise<(JobDetails | Tombstone | null)[]> {
    return ids.map((id) => {
      const kept = this.#jobs.get(id)
      if (kept) return this.#details(kept, include)
      return this.#isGone(id) ? { gone: true, userId: this.#gone.get(id)?.userId ?? null } : null
    })
  }

  #details(kept: Kept, { input, timeline, steps }: Include): JobDetails {
    const { input: _, ...record } = this.#shown(kept, false)
    return {
      record: input ? { ...record, input: JSON.parse(this.#inputOf(kept)) } : record,
      ...(timeline ? { timeline: [...kept.timeline] } : {}),
      ...(steps ? { steps: [...kept.steps] } : {}),
    }
  }

  async revs(ids: string[]): Promise<(number | null)[]> {
    return ids.map((id) => this.#jobs.get(id)?.record.rev ?? null)
  }

  async list({ filter, limit, oldestFirst = false, after = null, offset = 0 }: ListRequest): Promise<ListPage> {
    const all = [...this.#jobs.values()].map((kept, at) => ({ kept, at }))
    const found = all.filter(({ kept }) => matchesFilter(this.#shown(kept, false), filter))
    const ordered = oldestFirst ? found : found.toReversed()
    const from = after === null ? offset : ordered.findIndex(({ kept }) => kept.record.id === after) + 1
    const page = ordered.slice(from, from + limit)
    const more = ordered.length > from + limit
    return {
      records: page.map(({ kept }) => this.#shown(kept, false)),
      next: more ? (page.at(-1)?.kept.record.id ?? null) : null,
    }
  }

  async count(filter: JobFilter): Promise<Record<Status, number>> {
    const counts = noCounts()
    for (const { record } of this.#jobs.values()) if (matchesFilter(record, filter)) counts[record.status]++
    return counts
  }

  async logs(id: string, after: number, limit: number): Promise<LogLine[]> {
    return (this.#jobs.get(id)?.logs ?? []).filter(({ seq }) => seq > after).slice(0, limit)
  }

  async queues(): Promise<QueueRow[]> {
    const names = new Set([...this.#jobs.values()].map(({ record }) => record.queue))
    for (const doc of this.#docs.values()) if (doc.kind === 'queue') names.add(doc.key)
    return Promise.all(
      [...names].toSorted().map(async (queue) => ({
        queue,
        paused: this.#paused(queue),
        counts: await this.count({ queue }),
        oldestPendingAt: this.#oldest(queue),
      })),
    )
  }

  #oldest(queue: string): number | null {
    const pending = [...this.#jobs.values()].filter(({ record: r }) => r.queue === queue && r.status === 'pending')
    return pending.length === 0 ? null : Math.min(...pending.map(({ record }) => record.createdAt))
  }

  async workers(): Promise<WorkerRow[]> {
    return [...this.#workers.values()]
      .filter(({ expiresAt }) => expiresAt > this.now())
      .map(({ ttlMs: _, ...row }) => row)
  }

  async docs(kind: string, key?: string): Promise<Doc[]> {
    const all = [...this.#docs.values()].filter((doc) => doc.kind === kind && (key === undefined || doc.key === key))
    return all.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  }

  async due(kind: DueKind, limit: number): Promise<JobRecord[]> {
    const now = this.now()
    const dated = [...this.#jobs.values()].flatMap((kept) => {
      const at = this.#dueAt(kind, kept)
      return at !== null && at <= now ? [{ kept, at }] : []
    })
    return dated
      .toSorted((a, b) => a.at - b.at)
      .slice(0, limit)
      .map(({ kept }) => this.#shown(kept, true))
  }

  #dueAt(kind: DueKind, kept: Kept): number | null {
    const { record: r } = kept
    if (kind === 'run_at') return r.status === 'scheduled' ? r.runAt : null
    if (kind === 'lease') return this.#leaseOf(kept)?.expiresAt ?? null
    if (kind === 'cancel') return r.status === 'processing' ? r.cancelBy : null
    const unstarted = r.startedAt === null && !isEnd(r.status) && r.policy.startWithinMs !== null
    return unstarted ? r.createdAt + (r.policy.startWithinMs ?? 0) : null
  }

  stamp(): number {
    return this.#stamp
  }

  watch(listener: (hint: Hint) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async health(): Promise<EngineHealth> {
    return { kind: 'model', durability: 'volatile', problem: null }
  }

  async migrate(): Promise<{ from: number; to: number }> {
    return { from: 1, to: 1 }
  }

  async schema(): Promise<{ found: number; wanted: number }> {
    return { found: 1, wanted: 1 }
  }

  async close(): Promise<void> {
    this.#listeners.clear()
  }

  // ── what several verbs share ──

  #told<T>(answer: T): T {
    this.#stamp++
    for (const listener of this.#listeners) listener({ ids: null, queues: null })
    return answer
  }

  #begin(fence: number, begun: number): void {
    const lease = this.#leases.get(fence)
    if (lease) lease.begun = Math.max(lease.begun, begun)
  }

  #leaseOf({ record }: Kept): Lease | null {
    return record.status === 'processing' ? (this.#leases.get(record.fence) ?? null) : null
  }

  #holder(id: string, fence: number): Kept | null {
    const kept = this.#jobs.get(id)
    return kept && this.#leaseOf(kept)?.fence === fence ? kept : null
  }

  #leasedUnder(fence: number): Kept[] {
    return [...this.#jobs.values()]
      .filter((kept) => this.#leaseOf(kept)?.fence === fence)
      .toSorted((a, b) => a.place - b.place)
  }

  #shown(kept: Kept, withInput: boolean): JobRecord {
    const lease = this.#leaseOf(kept)
    const { input, ...record } = kept.record
    return {
      ...record,
      ...(withInput && input !== undefined ? { input } : {}),
      lease: lease && {
        workerId: lease.workerId,
        fence: lease.fence,
        startedAt: lease.startedAt,
        expiresAt: lease.expiresAt,
        heartbeatAt: lease.heartbeatAt,
        held: this.#without !== 'held' && kept.place >= lease.begun,
      },
    }
  }

  #inputOf({ record, inputJson }: Kept): string {
    return record.input === undefined ? inputJson : JSON.stringify(record.input)
  }

  #isGone(id: string): boolean {
    return (this.#gone.get(id)?.expiresAt ?? 0) > this.now()
  }

  #paused(queue: string): boolean {
    return this.#docs.get(`queue ${queue}`)?.body['paused'] === true
  }
}
