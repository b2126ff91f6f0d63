// What workers do, in time or long after their lease has gone: they speak of the job as their claim showed it to them.
import type { Change } from '../../../job/change.ts'
import { crashed } from '../../../job/crash.ts'
import { completed, failed, slept, stopped, timedOut, waitsFor } from '../../../job/decide.ts'
import { parked, waitOver } from '../../../job/waits.ts'
import type { NewStep } from '../../../job/change.ts'
import type { JobRecord } from '../../../job/record.ts'
import type { Claimed, Note } from '../../engine.ts'
import { half, oops } from '../subject.ts'
import type { Pair, Side } from './pair.ts'

const signal = { name: 's', key: 'signal:s' }
const aStep = (key: string): NewStep => ({ key, status: 'completed', attempt: 1, startedAt: 0, result: { ms: 3_000 } })

const two = { total: 2, completed: 0, failed: 0, cancelled: 0, active: 2 }

const ends: ((job: JobRecord, fence: number, n: number) => Change)[] = [
  (job, fence, n) => completed(job, fence, { n }),
  (job, fence) => completed(job, fence, null),
  (job, fence) => failed(job, fence, oops, half),
  (job, fence) => failed(job, fence, oops, half, 'never'),
  (job, fence) => failed(job, fence, oops, half, { delayMs: 2_000 }),
  (job, fence) => timedOut(job, fence, 'err_t', half),
  (job, fence) => stopped(job, fence),
  (job, fence) => crashed(job, fence, { exitCode: 1, signal: null, text: 'gone' }, 'err_c', half),
]

const parks: ((job: JobRecord, fence: number, n: number) => Change)[] = [
  (job, fence) => slept(job, fence, 3_000),
  (job, fence, n) => parked(job, fence, { ms: 3_000, signals: [], begun: [aStep(`sleep:s${n % 2}`)] }),
  (job, fence, n) => parked(job, fence, { ms: 3_000, signals: [signal], begun: n % 2 === 0 ? [aStep('wait:s')] : [] }),
  (job, fence) => waitOver(job, fence, 's', { ...aStep(signal.key), status: 'failed' }),
  (job, fence) => waitsFor(job, fence, 'signal'),
  (job, fence) => waitsFor(job, fence, 'children', two),
]

export async function endOne(pair: Pair, which: number, a: number, b: number): Promise<void> {
  await sayOf(pair, which, b, ends[(a + b) % ends.length])
}

export async function parkOne(pair: Pair, a: number, b: number): Promise<void> {
  await sayOf(pair, pair.claims.length - 1 - (a % 2), b, parks[(a + b) % parks.length])
}

async function sayOf(pair: Pair, which: number, b: number, say: (typeof ends)[number] | undefined): Promise<void> {
  const claim = pair.claims[which % Math.max(1, pair.claims.length)]
  if (claim && say)
    await pair.apply('an outcome', { real: changes(claim.real, b, say), model: changes(claim.model, b, say) })
}

function changes({ jobs, fence }: Claimed, b: number, say: (typeof ends)[number]): Change[] {
  const job = jobs[b % Math.max(1, jobs.length)]
  return job ? [say(job.record, fence, b)] : []
}

/** The outcomes of a whole claim, and the next claim, in one call. */
export async function endAndClaim(pair: Pair, a: number, b: number): Promise<void> {
  const last = pair.claims.at(-1)
  if (!last) return
  const request = { ...last.request, claimId: `c${++pair.made}`, max: b % 4, begun: [] }
  const answer = (side: Side) => last[side].jobs.map(({ record }) => completed(record, last[side].fence, { a }))
  const real = await pair.engine.apply(answer('real'), request)
  const model = await pair.model.apply(answer('model'), request)
  if (real.claimed && model.claimed) pair.claimed(request, real.claimed, model.claimed)
}

/** A note of the last claim, or a late one: of the first claim that ever had one of its jobs. */
export async function noteOne(pair: Pair, a: number, b: number): Promise<void> {
  const last = pair.claims.at(-1)
  if (!last) return
  const at = b % Math.max(1, last.real.jobs.length)
  const id = last.real.jobs[at]?.record.id ?? 'nobody'
  const first = pair.claims.find(({ real }) => real.jobs.some(({ record }) => record.id === id)) ?? last
  const claim = a % 2 === 0 ? first : last
  await pair.both('note', (engine, side) => engine.note(said(id, claim[side].fence, a, b)))
}

function said(id: string, fence: number, a: number, b: number): Note[] {
  const step = { key: `s${b % 2}`, status: 'completed', attempt: 1, startedAt: 0, result: b } as const
  const line = { level: 'info', message: `m${a}`, fields: null, attempt: 1, audience: 'owner' } as const
  const note: Note = { id, fence, ...(a % 3 === 0 ? { steps: [step] } : {}), ...(a % 4 === 0 ? { logs: [line] } : {}) }
  return b % 5 === 0 ? [note] : [{ ...note, progress: (b % 12) / 10, stage: `S${a % 2}` }]
}
