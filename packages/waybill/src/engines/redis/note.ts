// note: progress, log lines and steps of running jobs, under their fence.
import type { Note } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { notedState } from '../../job/progress.ts'
import { read, standing } from './read.ts'
import type { Shard } from './shard.ts'
import { store, type Write } from './store.ts'

type Answer = number | 'lost'
const rounds = 50

/** One job's notes go in order, those of different jobs together. */
export async function note(shard: Shard, notes: Note[]): Promise<Answer[]> {
  const answers: (Answer | null)[] = notes.map(() => null)
  for (let round = 0; answers.includes(null); round++) {
    if (round > rounds + notes.length)
      throw new WaybillError('engine_unavailable', 'Redis: a job changes faster than it can be noted', {
        retryAfter: 1,
      })
    const wave = new Map<string, number>()
    for (const [i, { id }] of notes.entries()) if (answers[i] === null && !wave.has(id)) wave.set(id, i)
    await oneWave(shard, wave, notes, answers)
  }
  return answers.map((answer) => answer ?? 'lost')
}

async function oneWave(
  shard: Shard,
  wave: ReadonlyMap<string, number>,
  notes: Note[],
  answers: (Answer | null)[],
): Promise<void> {
  const { now, jobs } = await read(shard, [...wave.keys()])
  const writes: (Write & { i: number })[] = []
  for (const [at, i] of [...wave.values()].entries()) {
    const said = notes[i]
    const job = standing(jobs[at])
    if (!said || job?.record.lease?.fence !== said.fence) answers[i] = 'lost'
    else writes.push({ i, ...noted(job, said, now) })
  }
  const verdicts = await store(shard, writes, now)
  for (const [at, { i, next }] of writes.entries()) if (verdicts[at] === 'ok') answers[i] = next.rev
}

function noted(job: Write['job'], said: Note, now: number): Write {
  const { record } = job
  const { logs = [], steps = [] } = said
  const news = notedState(record, said)
  const shows = Object.keys(news).length > 0
  const stepsAreNew = steps.length > 0 && !record.hasSteps
  const next =
    shows || stepsAreNew
      ? {
          ...record,
          ...news,
          ...(stepsAreNew ? { hasSteps: true } : {}),
          ...(shows ? { rev: record.rev + 1, updatedAt: now } : {}),
        }
      : record
  return { job, next, steps, logs }
}
