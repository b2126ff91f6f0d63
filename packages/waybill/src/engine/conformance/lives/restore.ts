// Jobs of another store arrive: of the model's, each after a life of a move or two; some are known here already.
import { completed, failed, released, slept, waitsFor } from '../../../job/decide.ts'
import { defaultPolicy } from '../../../job/policy.ts'
import type { JobRecord } from '../../../job/record.ts'
import { saved } from '../../saved.ts'
import { ModelEngine } from '../model.ts'
import { aClaim, aJob, half, oops } from '../subject.ts'
import type { Pair } from './pair.ts'

export async function restoreSome(pair: Pair, a: number, b: number): Promise<void> {
  const now = pair.engine.now()
  const other = new ModelEngine({ now: () => now })
  const known = a % 3 === 0 ? pair.ids[b % Math.max(1, pair.ids.length)] : undefined
  const ids = [`j${++pair.made}`, known ?? `j${++pair.made}`]
  for (const [n, id] of ids.entries()) await live(other, id, a + n, b + 3 * n)
  const jobs = await saved(other, ids)
  await pair.both('restore', (engine) => engine.restore(jobs))
  pair.ids.push(...ids.filter((id) => !pair.ids.includes(id)))
}

async function live(other: ModelEngine, id: string, a: number, b: number): Promise<void> {
  const policy = b % 4 === 0 ? { ...defaultPolicy, startWithinMs: 5_000 } : defaultPolicy
  const spec = {
    id,
    queue: `q${b % 2}`,
    priority: [1, 5, 10][a % 3] ?? 5,
    userId: ['ada', null][b % 2] ?? null,
    policy,
  }
  await other.insert([aJob(spec, { delayMs: a % 7 === 0 ? 3_000 : 0 })])
  const { jobs, fence } = a % 7 > 1 ? await other.claim(aClaim({ max: 1 })) : { jobs: [], fence: 0 }
  for (const { record } of jobs) {
    if (b % 3 === 0) await other.note([{ id: record.id, fence, progress: 0.5, steps: [step] }])
    await other.apply([ends[a % ends.length]?.(record, fence) ?? completed(record, fence, { a })])
  }
}

const step = { key: 's', status: 'completed', attempt: 1, startedAt: 1, result: 1 } as const

const ends = [
  (job: JobRecord, fence: number) => completed(job, fence, { big: job.id }),
  (job: JobRecord, fence: number) => failed(job, fence, { ...oops, retryable: false }, half),
  (job: JobRecord, fence: number) => failed(job, fence, oops, half),
  (job: JobRecord, fence: number) => released(job, fence, 'deploy'),
  (job: JobRecord, fence: number) => slept(job, fence, 4_000),
  (job: JobRecord, fence: number) => waitsFor(job, fence, 'signal'),
]
