// Random lives: commands drawn by fast-check run on the engine and on the model in lockstep. After each one the answers
// and all that can be observed must be the same, and every history sound. A failing seed is printed and replays exactly.
import assert from 'node:assert/strict'
import type { Applied, Change } from '../../job/change.ts'
import {
  cancel,
  completed,
  due,
  failed,
  graceOver,
  leaseRanOut,
  released,
  retried,
  stopped,
  timedOut,
} from '../../job/decide.ts'
import { systemError } from '../../job/errors.ts'
import type { JobRecord } from '../../job/record.ts'
import { isGone, type Claimed, type Engine, type JobDetails, type NewJob, type Tombstone } from '../engine.ts'
import { violations } from './invariants.ts'
import { ModelEngine, type Guard } from './model.ts'
import { about, aJob, half, type Subject } from './subject.ts'

/** One command: what to do, with numbers that pick among what there is. */
export interface Step {
  do:
    | 'insert'
    | 'claim'
    | 'end'
    | 'late'
    | 'note'
    | 'extend'
    | 'advance'
    | 'promote'
    | 'rescue'
    | 'cancel'
    | 'retry'
    | 'release'
    | 'purge'
    | 'reopen'
    | 'replay'
  a: number
  b: number
}

interface Pair {
  subject: Subject
  engine: Engine
  model: Engine
  advance(ms: number): void
  ids: string[]
  /** Claims so far, as both sides answered them. */
  claims: { request: Parameters<Engine['claim']>[0]; real: Claimed; model: Claimed }[]
  n: number
}

const leaseMs = 10_000
const oops = systemError('job_error', 'err_x', 'oops')

export async function live(subject: Subject, steps: readonly Step[], without: Guard | null = null): Promise<void> {
  let offset = 0
  const base = subject.engine.now()
  const pair: Pair = {
    subject,
    engine: subject.engine,
    model: new ModelEngine(() => base + offset, without),
    ids: [],
    claims: [],
    n: 0,
    advance(ms) {
      offset += ms
      subject.advance(ms)
    },
  }
  for (const [i, step] of steps.entries()) {
    await run(pair, step)
    await compare(pair, `after command ${i + 1}: ${JSON.stringify(step)}`)
  }
}

async function run(pair: Pair, { do: what, a, b }: Step): Promise<void> {
  const { engine, model } = pair
  switch (what) {
    case 'insert':
      return insert(pair, a, b)
    case 'claim':
      return claim(pair, a, b)
    case 'replay':
      return replay(pair, a)
    case 'end':
    case 'late':
      return end(pair, a, b, what === 'late')
    case 'release':
      return both(pair, (side) => pick(side.leased, a, ({ record, fence }) => released(record, fence, 'test')))
    case 'note':
      return note(pair, a, b)
    case 'extend':
      return extend(pair, a)
    case 'advance':
      return pair.advance([10, 4_000, 11_000, 90_000_000][a % 4] ?? 1)
    case 'promote':
      return both(pair, (side) => side.dueRun.map(due))
    case 'rescue':
      return both(pair, (side) => [
        ...side.dueLease.map((job) => leaseRanOut(job, 'err_l', half)),
        ...side.dueCancel.map(graceOver),
      ])
    case 'cancel':
      return both(pair, (side) =>
        pick(side.all, a, (job) =>
          cancel(job, { reason: 'r', graceMs: 3_000, mode: b % 3 === 0 ? 'force' : 'cooperative' }),
        ),
      )
    case 'retry':
      return both(pair, (side) => pick(side.all, a, (job) => retried(job, b % 2 === 0 ? undefined : { again: b })))
    case 'purge':
      return same(await engine.purge(3), await model.purge(3), 'purge')
    case 'reopen':
      if (pair.subject.reopen) pair.engine = await pair.subject.reopen()
  }
}

async function insert(pair: Pair, a: number, b: number): Promise<void> {
  const id = a % 7 === 0 && pair.ids.length > 0 ? (pair.ids[b % pair.ids.length] ?? 'x') : `j${++pair.n}`
  const job: NewJob = {
    ...aJob({ id, queue: `q${b % 2}`, priority: [1, 5, 10][a % 3] ?? 5, userId: a % 2 ? 'ada' : 'bob' }),
    idGiven: true,
    delayMs: a % 5 === 0 ? 3_000 : 0,
    maxPending: b % 11 === 0 ? 2 : null,
    idempotency: a % 4 === 0 ? { key: `k${b % 3}`, hash: `h${b % 2}`, keepMs: 50_000 } : null,
  }
  const answers = (side: Engine) =>
    side.insert([job]).then((all) => all.map(({ outcome, id: of }) => ({ outcome, id: of })))
  const real = await answers(pair.engine)
  same(real, await answers(pair.model), 'insert')
  if (real[0]?.outcome === 'created') pair.ids.push(id)
}

async function claim(pair: Pair, a: number, b: number): Promise<void> {
  const request = {
    workerId: `w${a % 2}`,
    queues: [[], ['q0'], ['q1', 'q0']][a % 3] ?? [],
    max: b % 4,
    leaseMs,
    claimId: `c${++pair.n}`,
    begins: b % 3,
  }
  const real = await pair.engine.claim(request)
  const model = await pair.model.claim(request)
  sameClaims(real, model)
  if (real.jobs.length > 0) pair.claims.push({ request, real, model })
}

async function replay(pair: Pair, a: number): Promise<void> {
  const earlier = pair.claims[a % Math.max(1, pair.claims.length)]
  if (!earlier) return
  const [real, model] = [await pair.engine.claim(earlier.request), await pair.model.claim(earlier.request)]
  sameClaims(real, model)
  if (real.jobs.length > 0 && !pair.claims.some((one) => one.real.fence === real.fence))
    pair.claims.push({ request: earlier.request, real, model })
}

// Fences are the engine's own numbers: only that both leased the same jobs is compared.
function sameClaims(real: Claimed, model: Claimed): void {
  const shape = ({ jobs }: Claimed) =>
    jobs.map(({ record, inputJson, steps }) => [
      record.id,
      record.rev,
      record.attempt,
      inputJson,
      steps.map((s) => s.key).toSorted(),
    ])
  same(shape(real), shape(model), 'claim')
}

// The end of an attempt, in the present or, late, of a lease that may be long gone.
async function end(pair: Pair, a: number, b: number, late: boolean): Promise<void> {
  const earlier = pair.claims[(late ? a : pair.claims.length - 1 - (a % 2)) % Math.max(1, pair.claims.length)]
  if (!earlier) return
  const at = b % Math.max(1, earlier.real.jobs.length)
  const change = (claimed: Claimed): Change[] => {
    const job = claimed.jobs[at]
    return job ? [outcomeOf(job.record, claimed.fence, a + b)] : []
  }
  await applyBoth(pair, change(earlier.real), change(earlier.model))
}

function outcomeOf(job: JobRecord, fence: number, choice: number): Change {
  const kinds = [
    () => completed(job, fence, { c: choice }),
    () => failed(job, fence, oops, half),
    () => failed(job, fence, oops, half, 'never'),
    () => timedOut(job, fence, 'err_t', half),
    () => stopped(job, fence),
    () => failed(job, fence, oops, half, { delayMs: 2_000 }),
  ]
  return (kinds[choice % kinds.length] ?? kinds[0])?.() ?? completed(job, fence, null)
}

async function note(pair: Pair, a: number, b: number): Promise<void> {
  const earlier = pair.claims[a % Math.max(1, pair.claims.length)]
  if (!earlier) return
  const of = ({ jobs, fence }: Claimed) => {
    const id = jobs[b % Math.max(1, jobs.length)]?.record.id ?? 'nobody'
    const steps =
      a % 3 === 0 ? [{ key: `s${b % 2}`, status: 'completed' as const, attempt: 1, startedAt: 0, result: b }] : []
    return [{ id, fence, progress: (b % 11) / 10, stage: `S${a % 2}`, steps }]
  }
  same(await pair.engine.note(of(earlier.real)), await pair.model.note(of(earlier.model)), 'note')
}

async function extend(pair: Pair, a: number): Promise<void> {
  const earlier = pair.claims[a % Math.max(1, pair.claims.length)]
  if (!earlier) return
  const of = ({ jobs, fence }: Claimed) => ({
    workerId: earlier.request.workerId,
    leaseMs,
    leases: [{ fence, begun: a % 3 }],
    jobs: jobs.map(({ record }) => ({ id: record.id, fence })),
  })
  same(await pair.engine.extend(of(earlier.real)), await pair.model.extend(of(earlier.model)), 'extend')
}

interface Side {
  all: JobRecord[]
  leased: { record: JobRecord; fence: number }[]
  dueRun: JobRecord[]
  dueLease: JobRecord[]
  dueCancel: JobRecord[]
}

async function sideOf(engine: Engine, ids: string[]): Promise<Side> {
  const all = (await engine.get(ids)).flatMap((found) => (found && !isGone(found) ? [found.record] : []))
  const byId = (jobs: JobRecord[]) => jobs.toSorted((x, y) => (x.id < y.id ? -1 : 1))
  return {
    all,
    leased: all.flatMap((record) => (record.lease ? [{ record, fence: record.lease.fence }] : [])),
    dueRun: byId(await engine.due('run_at', 100)),
    dueLease: byId(await engine.due('lease', 100)),
    dueCancel: byId(await engine.due('cancel', 100)),
  }
}

async function both(pair: Pair, decide: (side: Side) => Change[]): Promise<void> {
  await applyBoth(pair, decide(await sideOf(pair.engine, pair.ids)), decide(await sideOf(pair.model, pair.ids)))
}

async function applyBoth(pair: Pair, real: Change[], model: Change[]): Promise<void> {
  const plain = (applied: Applied[]) =>
    applied.map((one) => (one.outcome === 'applied' ? { outcome: one.outcome, rev: one.rev } : one))
  same(plain((await pair.engine.apply(real)).applied), plain((await pair.model.apply(model)).applied), 'apply')
}

function pick<T>(from: T[], at: number, decide: (one: T) => Change | null): Change[] {
  const one = from[at % Math.max(1, from.length)]
  const change = one === undefined ? null : decide(one)
  return change ? [change] : []
}

async function compare(pair: Pair, when: string): Promise<void> {
  const include = { input: true, timeline: true, steps: true }
  const [real, model] = [await pair.engine.get(pair.ids, include), await pair.model.get(pair.ids, include)]
  same(real.map(comparable), model.map(comparable), when)
  for (const [i, found] of real.entries()) about(delayOf(found), delayOf(model[i] ?? null))
  for (const found of real)
    if (found && !isGone(found)) assert.deepEqual(violations(found.record, found.timeline ?? []), [], when)
  for (const filter of [{}, { queue: 'q0' }, { userId: 'ada' }])
    same(await pair.engine.count(filter), await pair.model.count(filter), `counts ${when}`)
  same(await pair.engine.revs(pair.ids), await pair.model.revs(pair.ids), when)
}

function delayOf(found: JobDetails | Tombstone | null): number {
  return !found || isGone(found) ? 0 : found.record.runAt - found.record.updatedAt
}

// Times may differ by the moments that the real engine takes, and fences are its own: both are left out.
function comparable(found: JobDetails | Tombstone | null): unknown {
  if (!found || isGone(found)) return found
  const {
    fence: _,
    createdAt,
    runAt,
    startedAt,
    updatedAt,
    completedAt,
    expiresAt,
    cancelRequestedAt,
    cancelBy,
    lease,
    ...record
  } = found.record
  const set = [startedAt, completedAt, expiresAt, cancelRequestedAt, cancelBy].map((time) => time !== null)
  const steps = found.steps
    ?.map(({ key, status, attempt, result }) => ({ key, status, attempt, result }))
    .toSorted((x, y) => (x.key < y.key ? -1 : 1))
  return {
    ...record,
    set,
    age: updatedAt >= createdAt,
    held: lease?.held ?? null,
    worker: lease?.workerId ?? null,
    steps,
    timeline: found.timeline?.map(({ seq, type, data }) => ({ seq, type, data: { ...data, fence: null } })),
  }
}

function same(real: unknown, model: unknown, what: string): void {
  assert.deepEqual(real, model, `${what}: the engine (actual) and the model (expected) differ`)
}
