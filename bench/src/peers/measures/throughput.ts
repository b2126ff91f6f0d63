// How many jobs a second go in and come out, and what each weighs in the store.
import { type Found, type Stage, clientCpu, pinned, play, quantiles } from './measure.ts'

/** One caller, client and server each on a processor of its own; then 64 callers, anywhere. */
export async function enqueue(stage: Stage): Promise<Found[]> {
  const samples = await pinned(stage, () => play(stage, 'alone', { jobs: stage.extent.alone }, clientCpu))
  const perSecond = await play(stage, 'inFlight', { ms: stage.extent.ms })
  return [...quantiles('enqueue alone', samples), { figure: 'enqueue, 64 in flight', value: perSecond, unit: 'jobs/s' }]
}

/** Fills a queue in bulk, weighs it, drains it, weighs it again. */
export const drain =
  (concurrency: number) =>
  async (stage: Stage): Promise<Found[]> => {
    const { store, extent } = stage
    const empty = await store.bytes()
    const bulk = await play(stage, 'fill', { jobs: extent.drain })
    const queued = await store.bytes()
    const { jobs, perSecond } = await drained(stage, concurrency)
    const found: Found[] = [
      { figure: 'enqueue in bulk, 1,000 a call', value: bulk, unit: 'jobs/s' },
      { figure: `drain, concurrency ${concurrency}`, value: perSecond, unit: 'jobs/s' },
      { figure: 'a queued job', value: (queued - empty) / extent.drain, unit: 'B/job' },
    ]
    if (jobs < extent.drain) return found
    const ended = await store.bytes()
    return [...found, { figure: 'a finished job', value: (ended - empty) / extent.drain, unit: 'B/job' }]
  }

/** Drains with none kept, lets finished jobs pile up, and drains again. For those that keep any. */
export async function kept(stage: Stage): Promise<Found[]> {
  if (stage.contestant.keepsNothing) return []
  const { drain: atOnce, kept: wanted } = stage.extent
  const filledAndDrained = async () => {
    await play(stage, 'fill', { jobs: atOnce })
    await stage.store.settle()
    return (await drained(stage, 50)).perSecond
  }
  const rates: number[] = []
  for (let there = 0; there <= wanted; there += atOnce) rates.push(await filledAndDrained())
  const [first = 0] = rates
  const last = rates.at(-1) ?? 0
  return [
    { figure: 'drain with none kept', value: first, unit: 'jobs/s' },
    { figure: `drain with ${wanted.toLocaleString('en')} kept`, value: last, unit: 'jobs/s' },
    { figure: 'drain with many kept ÷ with none', value: last / first, unit: 'x' },
  ]
}

async function drained(stage: Stage, concurrency: number): Promise<{ jobs: number; perSecond: number }> {
  const { drain: wanted, drainLimitMs: limitMs } = stage.extent
  const { jobs, ms } = await play(stage, 'drain', { jobs: wanted, concurrency, limitMs })
  return { jobs, perSecond: (jobs / ms) * 1_000 }
}
