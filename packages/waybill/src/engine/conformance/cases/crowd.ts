// Many at once: workers that end, fail, give back, fall silent and come too late, and two upkeeps that race. Whatever the
// order, every job ends once and its history is sound.
import assert from 'node:assert/strict'
import type { Change } from '../../../job/change.ts'
import { completed, due, failed, leaseRanOut, released } from '../../../job/decide.ts'
import type { JobRecord } from '../../../job/record.ts'
import { isEnd, statuses } from '../../../job/status.ts'
import type { Engine } from '../../engine.ts'
import { violations } from '../invariants.ts'
import { aClaim, aJob, half, oops, whole, type Case, type Subject } from '../subject.ts'

const jobCount = 100
const mostRounds = 200

/** What a worker does with a job: by its id and attempt, so that every run of the case has the same mixture. */
function outcomeFor(job: JobRecord, fence: number): Change | null {
  const n = Number(/\d+$/.exec(job.id)?.[0] ?? 0) * 7 + job.attempt * 3 + job.losses
  if (n % 5 === 0) return null // falls silent
  if (n % 5 === 1) return failed(job, fence, oops, half, { delayMs: 1_000 })
  if (n % 7 === 0 && job.rev < 6) return released(job, fence, 'r')
  return completed(job, fence, job.id)
}

async function work(engine: Engine, workerId: string, ends: string[]): Promise<void> {
  const { jobs, fence } = await engine.claim(aClaim({ workerId, max: 5, begins: 3 }))
  await engine.note(jobs.map(({ record }) => ({ id: record.id, fence, progress: 0.5 })))
  const changes = jobs.flatMap(({ record }) => outcomeFor(record, fence) ?? [])
  // Each outcome is sent twice, as by a worker whose reply was lost.
  const answers = await Promise.all([engine.apply(changes), engine.apply(changes)])
  for (const { applied } of answers)
    for (const [i, { outcome }] of applied.entries()) {
      const change = changes[i]
      if (outcome === 'applied' && change && isEnd(change.to)) ends.push(change.id)
    }
}

async function lookAfter(engine: Engine): Promise<void> {
  const lost = (await engine.due('lease', 20)).map((job) => leaseRanOut(job, 'err', half))
  await engine.apply([...lost, ...(await engine.due('run_at', 100)).map(due)])
}

async function crowd({ engine, another, advance }: Subject): Promise<string[]> {
  const handles = another ? [engine, await another()] : [engine]
  const ends: string[] = []
  for (let round = 0; round < mostRounds; round++) {
    const workers = Array.from({ length: 6 }, (_, n) => work(handles[n % handles.length] ?? engine, `w${n}`, ends))
    await Promise.all([...workers, ...handles.map(lookAfter)])
    advance(4_000)
    const { completed: done, failed: dead } = await engine.count({})
    if (done + dead === jobCount) return ends
  }
  throw new Error(`not all jobs ended within ${mostRounds} rounds: ${JSON.stringify(await engine.count({}))}`)
}

export const crowdCases: Case[] = [
  {
    name: 'a crowd of workers that fail, vanish and repeat themselves ends every job once, with a sound history',
    async run(subject) {
      const { engine } = subject
      const ids = Array.from({ length: jobCount }, (_, n) => `crowd-${n}`)
      await engine.insert(ids.map((id, n) => aJob({ id, queue: `q${n % 3}`, priority: n % 11 })))
      const ends = await crowd(subject)
      assert.equal(new Set(ends).size, ends.length, 'an end was accepted twice')
      const all = await Promise.all(ids.map((id) => whole(engine, id)))
      assert.deepEqual(
        all.flatMap(({ record, timeline }) => violations(record, timeline)),
        [],
      )
      const counts = await engine.count({})
      for (const status of statuses)
        assert.equal(counts[status], all.filter(({ record }) => record.status === status).length, status)
    },
  },
]
