// restore: jobs of another store, each by one step of store.lua on its shard, so that it is there wholly or not at all.
import type { SavedJob } from '../../engine/engine.ts'
import { isTimed } from '../../engine/is-due.ts'
import { isUntouched, refuseLeased, startByOf } from '../../engine/saved.ts'
import { limits } from '../../job/limits.ts'
import { isEnd } from '../../job/status.ts'
import { specRest, stateLine } from './codec.ts'
import { indexesOf } from './insert.ts'
import type { Arg } from './port.ts'
import { texts } from './reply.ts'
import type { Shard } from './shard.ts'
import { spread } from './shards.ts'

/** A script holds up everyone else while it runs: so many jobs in one … */
const mostJobs = 100
/** … and, all together, so many values and characters. */
const mostValues = 10_000
const mostText = 2_000_000

type Answer = 'stored' | 'present'

export async function restore(shards: readonly Shard[], jobs: SavedJob[]): Promise<Answer[]> {
  refuseLeased(jobs)
  return spread(shards, jobs, ({ record }) => record.id, restoreOn)
}

async function restoreOn(shard: Shard, jobs: SavedJob[]): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const batch of batches(jobs.map(argumentsOf))) {
    const [, ...verdicts] = texts(await shard.run('store', [limits['logLines'], batch.length, ...batch.flat()]))
    answers.push(...verdicts.map((verdict) => (verdict === 'ok' ? 'stored' : 'present')))
  }
  return answers
}

function batches(jobs: Arg[][]): Arg[][][] {
  const all: Arg[][][] = []
  let batch: Arg[][] = []
  let [values, text] = [0, 0]
  for (const args of jobs) {
    const length = args.reduce<number>((sum, arg) => sum + String(arg).length, 0)
    const fits = batch.length < mostJobs && values + args.length <= mostValues && text + length <= mostText
    if (batch.length === 0 || !fits) {
      all.push((batch = []))
      values = text = 0
    }
    batch.push(args)
    values += args.length
    text += length
  }
  return all
}

/** As the head of store.lua has them: no state is expected, no lease, no place. */
function argumentsOf(job: SavedJob): Arg[] {
  const { record, inputJson, timeline, steps, logs } = job
  const { id, status, queue, priority, rev, fence } = record
  const history = isUntouched(job) ? [] : timeline
  const indexes = indexesOf(record)
  return [
    id,
    '',
    '',
    0,
    stateLine(record),
    `"created_at":${record.createdAt},${specRest(record)}\n${inputJson}`,
    '',
    status,
    queue,
    10 - priority,
    rev,
    isTimed(record) ? record.runAt : '',
    '',
    isEnd(status) ? (record.expiresAt ?? '') : '',
    0,
    '',
    history.length,
    ...history.map((entry) => JSON.stringify(entry)),
    0, // of its steps none is forgotten
    steps.length,
    ...steps.flatMap((step) => [step.key, stepLine(step)]),
    0,
    fence,
    startByOf(job) ?? '',
    indexes.length,
    ...indexes,
    logs.length,
    ...logs.flatMap(({ seq, ...line }) => [seq, JSON.stringify(line)]),
  ]
}

function stepLine({ status, attempt, startedAt, endedAt, result }: SavedJob['steps'][number]): string {
  return JSON.stringify({ status, attempt, started_at: startedAt, ended_at: endedAt, result })
}
