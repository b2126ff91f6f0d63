// restore: jobs of another store, put here as they were there. The other store is the model, by this engine's clock.
import assert from 'node:assert/strict'
import { completed, due, expired, failed, released, retried, slept } from '../../../job/decide.ts'
import { defaultPolicy } from '../../../job/policy.ts'
import { parked } from '../../../job/waits.ts'
import type { JobRecord } from '../../../job/record.ts'
import type { Engine, NewJob, SavedJob } from '../../engine.ts'
import { saved } from '../../saved.ts'
import { ModelEngine } from '../model.ts'
import { aClaim, aJob, decided, half, oops, outcomeOf, recordOf, running, whole, type Case } from '../subject.ts'

const dated = { ...defaultPolicy, startWithinMs: 5_000 }

/** Another store with jobs in every state but `processing`; their ids say which. */
async function elsewhere(engine: Engine): Promise<ModelEngine> {
  const other = new ModelEngine({ now: () => engine.now() })
  const put = (id: string, more: Partial<NewJob> = {}) => other.insert([aJob({ id }, more)])
  await ended(other, 'completed', (job, fence) => completed(job, fence, { pages: [1, 'é\n'] }))
  await ended(other, 'failed', (job, fence) => failed(job, fence, { ...oops, retryable: false }, half))
  await ended(other, 'retrying', (job, fence) => failed(job, fence, oops, half))
  await ended(other, 'asleep', (job, fence) => slept(job, fence, 60_000))
  await ended(other, 'waits', (job, fence) =>
    parked(job, fence, { ms: 70_000, signals: [{ name: 'ok', key: 'signal:ok' }], begun: [] }),
  )
  await ended(other, 'again', (job, fence) => completed(job, fence, null))
  await noted(other)
  await other.apply([decided(retried(await recordOf(other, 'again'), { given: 'anew' }))])
  await put('later', { delayMs: 2_000 })
  await other.insert([aJob({ id: 'dated', policy: dated })])
  await other.insert([
    aJob({ id: 'rare', title: 'Ünlike', subject: 's:1', tags: ['t'], metadata: { m: 1 }, batchId: 'b' }),
  ])
  await put('fresh', { inputJson: '{"text":"a\\nb"}' })
  return other
}

async function ended(
  engine: Engine,
  id: string,
  decide: (job: JobRecord, fence: number) => ReturnType<typeof completed>,
): Promise<void> {
  const { record, fence } = await running(engine, { id })
  assert.equal(await outcomeOf(engine, decide(record, fence)), 'applied')
}

// Given back with progress, steps and log lines.
async function noted(engine: Engine): Promise<void> {
  const { id, record, fence } = await running(engine, { id: 'noted' })
  const line = { level: 'warn', message: 'slow\nly', fields: { n: 1 }, attempt: 1, audience: 'operator' } as const
  const step = { key: 'a', status: 'completed', attempt: 1, startedAt: 1, result: { is: null } } as const
  await engine.note([{ id, fence, progress: 0.4, stage: 'S', logs: [line, line], steps: [step] }])
  assert.equal(await outcomeOf(engine, released(record, fence, 'deploy')), 'applied')
}

const ids = ['completed', 'failed', 'retrying', 'asleep', 'waits', 'again', 'noted', 'later', 'dated', 'rare', 'fresh']

async function everything(engine: Engine): Promise<SavedJob[]> {
  return saved(engine, ids)
}

/** Claims until nothing comes: a store in parts may give from one part at a time. */
async function claimAll(engine: Engine): Promise<JobRecord[]> {
  const all: JobRecord[] = []
  for (;;) {
    const { jobs } = await engine.claim(aClaim())
    if (jobs.length === 0) return all
    all.push(...jobs.map(({ record }) => record))
  }
}

const sorted = (jobs: { id: string }[]): string[] => jobs.map(({ id }) => id).toSorted()

export const restoreCases: Case[] = [
  {
    name: 'jobs of another store stand here as they stood there: record, input, history, steps and log lines',
    async run({ engine }) {
      const jobs = await everything(await elsewhere(engine))
      const answers = await engine.restore(jobs)
      assert.deepEqual(
        answers,
        ids.map(() => 'stored'),
      )
      const here = await everything(engine)
      for (const [i, job] of jobs.entries()) assert.deepEqual(here[i], job)
      assert.deepEqual(await engine.restore([]), [])
    },
  },
  {
    name: 'a job that is here already is left alone, also when it has moved on, and a purged one does not come back',
    async run({ engine }) {
      const jobs = await everything(await elsewhere(engine))
      await engine.restore(jobs.slice(0, 3))
      await engine.apply([decided(retried(await recordOf(engine, 'completed')))])
      await engine.purge(1, 'failed')
      const answers = await engine.restore([...jobs, ...jobs.slice(-1)])
      assert.deepEqual(answers, ids.map((_, i) => (i < 3 ? 'present' : 'stored')).concat('present'))
      assert.equal((await recordOf(engine, 'completed')).status, 'pending')
      assert.deepEqual(await engine.get(['failed']), [{ gone: true, userId: 'ada' }])
      assert.equal((await engine.count({})).pending, 6)
    },
  },
  {
    name: 'a job that is being run elsewhere is refused, and none of its batch is stored',
    async run({ engine }) {
      const other = await elsewhere(engine)
      const { id } = await running(other)
      const jobs = await saved(other, ['fresh', id])
      await assert.rejects(() => engine.restore(jobs), { code: 'bad_request' })
      assert.deepEqual(await engine.revs(['fresh', id]), [null, null])
    },
  },
  {
    name: 'what may run comes with its input and steps, under a fence above all of its earlier ones, and goes on as usual',
    async run({ engine }) {
      const jobs = await everything(await elsewhere(engine))
      const fence = 60_000_000_000_000
      await engine.restore(jobs.map((job) => ({ ...job, record: { ...job.record, fence } })))
      const claimed = await claimAll(engine)
      assert.deepEqual(sorted(claimed), ['again', 'dated', 'fresh', 'noted', 'rare'])
      for (const job of claimed) {
        assert.ok(job.fence > fence, `the fence ${job.fence} is not above ${fence}`)
        assert.equal(await outcomeOf(engine, completed(job, job.fence, job.id)), 'applied')
      }
      const { record, timeline, steps } = await whole(engine, 'noted')
      assert.deepEqual([record.rev, record.attempt, record.result, record.progress], [6, 1, 'noted', 1])
      assert.deepEqual(
        timeline.map(({ type }) => type),
        ['created', 'claimed', 'released', 'claimed', 'completed'],
      )
      assert.deepEqual(
        steps.map(({ key }) => key),
        ['a'],
      )
      assert.deepEqual(await claimAll(engine), [])
    },
  },
  {
    name: 'restored jobs queue behind those that are here, in the order in which they come',
    async run({ engine }) {
      const jobs = await everything(await elsewhere(engine))
      await engine.insert([aJob({ id: 'here' })])
      await engine.restore(jobs)
      await engine.insert([aJob({ id: 'after' })])
      const { jobs: claimed } = await engine.claim(aClaim())
      assert.deepEqual(
        claimed.map(({ record }) => record.id),
        ['here', 'again', 'noted', 'dated', 'rare', 'fresh', 'after'],
      )
    },
  },
  {
    name: 'time goes on for them: what was scheduled is due when it was, what must start in time expires, ended ones are purged',
    async run({ engine, advance }) {
      await engine.restore(await everything(await elsewhere(engine)))
      assert.deepEqual(await engine.due('run_at', 9), [])
      advance(2_100)
      assert.deepEqual(sorted(await engine.due('run_at', 9)), ['later'])
      await engine.apply([due(await recordOf(engine, 'later'))])
      advance(3_000)
      assert.deepEqual(sorted(await engine.due('start_by', 9)), ['dated'])
      await engine.apply([expired(await recordOf(engine, 'dated'), 'err_x')])
      assert.deepEqual(await engine.due('start_by', 9), [])
      assert.deepEqual(sorted(await claimAll(engine)), ['again', 'fresh', 'later', 'noted', 'rare'])
      advance(defaultPolicy.retentionMs)
      assert.equal(await engine.purge(9), 1)
      advance(defaultPolicy.retentionFailedMs)
      assert.equal(await engine.purge(9), 2)
      assert.deepEqual(await engine.revs(['completed', 'failed', 'dated']), [null, null, null])
    },
  },
  {
    name: 'lists, counts and queues know them, and so do later changes',
    async run({ engine }) {
      const other = await elsewhere(engine)
      await engine.restore(await everything(other))
      const counts = { scheduled: 3, pending: 5, waiting: 1, processing: 0, completed: 1, failed: 1, cancelled: 0 }
      assert.deepEqual(await engine.count({}), counts)
      assert.deepEqual((await engine.queues())[0]?.counts, counts)
      const listed = async (filter: Parameters<Engine['count']>[0]) =>
        sorted((await engine.list({ filter, limit: 20 })).records)
      assert.deepEqual(await listed({ userId: 'ada' }), ids.toSorted())
      assert.deepEqual(await listed({ userId: 'bob' }), [])
      assert.deepEqual(await listed({ subject: 's:1' }), ['rare'])
      assert.deepEqual(await listed({ batchId: 'b', tag: 't', text: 'ünlike' }), ['rare'])
      assert.deepEqual(await listed({ status: ['failed', 'waiting'] }), ['failed', 'waits'])
      await engine.apply([decided(retried(await recordOf(engine, 'failed')))])
      assert.deepEqual(await listed({ status: ['failed', 'waiting'] }), ['waits'])
      assert.equal((await engine.count({ queue: 'default' })).pending, 6)
    },
  },
]
