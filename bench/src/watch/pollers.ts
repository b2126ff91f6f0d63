// Clients that poll, each a running job of its own, while half of the jobs end: how often Waybill reads its engine, and
// how often a hand-built endpoint reads its row. Nothing is timed, so all stores are measured at once.
import { setTimeout as pause } from 'node:timers/promises'
import type { Figure } from '../figures.ts'
import type { Calls } from './api.ts'
import { jobUrl, poll, type Answer } from './asking.ts'
import { startChild } from './child.ts'
import type { Extent } from './extent.ts'
import { withScene, type Measure, type Scene } from './measure.ts'
import { kinds, withStore, type Kind } from './stores.ts'

export const pollers: Measure = {
  name: 'pollers',
  async run(extent) {
    const [handbuilt, ...ours] = await Promise.all([byHand(extent), ...kinds.map((kind) => of(kind, extent))])
    return [...handbuilt, ...ours.flat()]
  },
}

function of(kind: Kind, extent: Extent): Promise<Figure[]> {
  return withStore(kind, extent, (place) =>
    withScene(place, extent.pollers, async (scene) => {
      const before = await scene.api.ask<Calls>('calls')
      const began = performance.now()
      const [answers, changes] = await Promise.all([pollAll(scene.url, scene.ids, extent), endHalf(scene, extent)])
      const after = await scene.api.ask<Calls>('calls')
      return figuresOf(kind, { before, after, answers, most: extent.pollers + changes, ms: performance.now() - began })
    }),
  )
}

interface Counted {
  before: Calls
  after: Calls
  answers: Answer[]
  /** Jobs and their changes: what may be read. */
  most: number
  ms: number
}

// A look at the revs of all polled jobs is one call, however many they are. SQLite looks at one job's rev at a poll.
function figuresOf(kind: Kind, { before, after, answers, most, ms }: Counted): Figure[] {
  const since = (verb: keyof Calls) => after[verb] - before[verb]
  const fromEngine = answers.filter(({ source }) => source === 'engine').length
  const reads = since('get') + since('list') + since('count') + since('logs')
  const figures: Figure[] = [
    figure(`${kind}: polls answered by the engine, of ${answers.length}`, fromEngine, most),
    figure(`${kind}: reads of jobs`, reads, most),
    figure(`${kind}: looks at revs`, since('revs'), Math.ceil(ms / 1_000)),
  ]
  return kind.startsWith('postgres')
    ? [...figures, figure(`${kind}: statements in all, upkeep too`, since('statements'))]
    : figures
}

function figure(name: string, value: number, most?: number): Figure {
  return { name, value, unit: 'reads', ...(most === undefined ? {} : { target: { at: 'most', value: most } }) }
}

async function byHand(extent: Extent): Promise<Figure[]> {
  const ids = Array.from({ length: extent.pollers }, (_, i) => `job-${i}`)
  const jobs = Object.fromEntries(ids.map((id) => [id, JSON.stringify({ job_id: id, status: 'processing' })]))
  return withStore('postgres', extent, async ({ engine }) => {
    const child = await startChild('./handbuilt.ts', { kind: 'postgres', url: engine, jobs })
    try {
      await pollAll(await child.ask<string>('url'), ids, extent)
      return [figure('hand-built endpoint on PostgreSQL', await child.ask<number>('reads'))]
    } finally {
      await child.kill()
    }
  })
}

/** Evenly spread, so that no two polls share a read by chance more often than in life. */
async function pollAll(url: string, ids: string[], { pollEveryMs, polls }: Extent): Promise<Answer[]> {
  const client = async (id: string, i: number) => {
    const answers: Answer[] = []
    await pause((i / ids.length) * pollEveryMs)
    for (let n = 0; n < polls; n++) {
      answers.push(await poll(jobUrl(url, id), answers.at(-1)?.etag ?? null))
      await pause(pollEveryMs)
    }
    return answers
  }
  return (await Promise.all(ids.map(client))).flat()
}

/** Ends every other job, one after the other, over the whole time. Answers how many. */
async function endHalf({ worker, ids }: Scene, { pollEveryMs, polls }: Extent): Promise<number> {
  const ending = ids.filter((_, i) => i % 2 === 0)
  for (const id of ending) {
    await pause((pollEveryMs * polls) / (ending.length + 1))
    await worker.ask('end', id)
  }
  return ending.length
}
