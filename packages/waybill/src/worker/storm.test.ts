// Everything at once, by a seed: workers that come and go, calls that fail before or after their work is done or take
// their time, cancels, time limits, errors. Afterwards every job has ended once, rightly, and no lease is left over.
import { expect, test } from 'vitest'
import { isEnd } from '../job/status.ts'
import type { Engine } from '../engine/engine.ts'
import { defineJob } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { aBench, eventually, type Bench } from '../waybill.fixture.ts'
import { aWorker, untilAborted } from './worker.fixture.ts'
import type { Worker } from './worker.ts'

type Kind = (typeof kinds)[number]
interface Made {
  id: string
  n: number
  kind: Kind
}
const kinds = ['at once', 'at once', 'at once', 'soon', 'chatty', 'in steps', 'failing', 'endless'] as const

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const job = defineJob<{ n: number; kind: Kind }, number>({
  type: 'any',
  timeout: '200ms',
  retry: { attempts: 2, backoff: '10ms', jitter: 0 },
  run(ctx) {
    const { n, kind } = ctx.input
    if (kind === 'at once') return n
    if (kind === 'failing') throw new Error('no')
    if (kind === 'endless') return untilAborted(ctx.signal)
    if (kind === 'soon') return wait(2).then(() => n)
    return kind === 'chatty' ? chat(n) : steps(n)

    async function chat(result: number): Promise<number> {
      for (let i = 0; i < 5; i++) {
        ctx.progress(i / 5, `part ${i}`)
        ctx.log.info(`part ${i}`)
        await wait(5)
      }
      return result
    }

    async function steps(result: number): Promise<number> {
      const half = await ctx.step('half', () => result / 2)
      if (ctx.job.attempt === 1) throw new Error('again')
      return half + (await ctx.step('rest', () => wait(5).then(() => result / 2)))
    }
  },
})

/** A repeatable row of numbers in [0, 1): a linear congruential generator (Numerical Recipes). */
function chanceOf(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32
}

/** One call in seven is late or fails, half of the failing ones after their work is done. */
function stormy(real: Engine, chance: () => number, leases: Map<string, number>): Engine {
  const unavailable = () => new WaybillError('engine_unavailable', 'by chance')
  const call = async (run: () => unknown): Promise<unknown> => {
    const fate = chance()
    if (fate < 0.04) throw unavailable()
    if (fate < 0.1) await wait(chance() * 60)
    const answer = await run()
    if (fate > 0.96) throw unavailable()
    return answer
  }
  return new Proxy(real, {
    get(target, name): unknown {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const plain = ['now', 'watch', 'stamp', 'enrol'].includes(String(name))
      return (...given: unknown[]): unknown => {
        if (name === 'extend') noteLeases(leases, given as Parameters<Engine['extend']>)
        const run = (): unknown => Reflect.apply(member, target, given)
        return plain ? run() : call(run)
      }
    },
  })
}

function noteLeases(leases: Map<string, number>, [request]: Parameters<Engine['extend']>): void {
  leases.set(request.workerId, request.leases.length)
}

async function submitAll(bench: Bench, chance: () => number, meanwhile: () => Promise<void>): Promise<Made[]> {
  const all: Made[] = []
  for (let round = 0; round < 6; round++) {
    const inputs = Array.from({ length: 60 }, (_, i) => ({ n: round * 60 + i, kind: pick(kinds, chance) }))
    const made = await bench.waybill.enqueueMany(job, inputs)
    for (const [i, input] of inputs.entries()) all.push({ id: made[i]?.id ?? '', ...input })
    const unlucky = Array.from({ length: 4 }, () => pick(all, chance))
    await Promise.allSettled(unlucky.map(({ id }) => bench.waybill.cancel(id, { force: chance() < 0.3, grace: 50 })))
    await meanwhile()
  }
  return all
}

function pick<T>(from: readonly T[], chance: () => number): T {
  const one = from[Math.floor(chance() * from.length)]
  if (one === undefined) throw new Error('nothing to pick from')
  return one
}

/** What is wrong with a job that has ended; empty when nothing is. */
async function faultsOf(bench: Bench, { id, n, kind }: Made): Promise<string[]> {
  const { record, types, attempts } = await bench.history(id)
  const ends = types.filter((type) => type === 'completed' || type === 'failed' || type === 'cancelled')
  const mayComplete = kind !== 'failing' && kind !== 'endless'
  const mayFail = !mayComplete || record.error?.code === 'timeout'
  const wrong: [boolean, string][] = [
    [ends.length !== 1, `has ${ends.length} ends`],
    [attempts.some(({ endedAt }) => endedAt === null), 'has an attempt that never ended'],
    [record.status === 'completed' && record.result !== n, `has the result ${JSON.stringify(record.result)}, not ${n}`],
    [record.status === 'completed' && !mayComplete, 'completed'],
    [record.status === 'failed' && !mayFail, `failed with ${record.error?.code}`],
  ]
  return wrong.filter(([is]) => is).map(([, what]) => `job ${n} (${kind}) ${what}`)
}

test.each([1, 2])('through storm %i every job ends once and rightly, and no lease is left over', async (seed) => {
  const chance = chanceOf(seed)
  const bench = await aBench({ jobs: [job] })
  bench.parts.upkeep.start()
  const leases = new Map<string, number>()
  const engine = stormy(bench.engine, chance, leases)
  const start = async (): Promise<Worker> => {
    const worker = aWorker(bench, { engine, leaseMs: 600, concurrency: 6, shutdownGraceMs: 50 })
    await worker.start()
    return worker
  }
  let [first, second] = await Promise.all([start(), start()])
  const stops: Promise<void>[] = []
  const made = await submitAll(bench, chance, async () => {
    await wait(chance() * 100)
    stops.push(first.stop())
    ;[first, second] = [second, await start()]
  })
  for (const { id } of made) await eventually(bench.engine, async () => isEnd((await bench.history(id)).record.status))
  expect((await Promise.all(made.map((one) => faultsOf(bench, one)))).flat()).toEqual([])
  await Promise.all(stops)
  leases.clear()
  await eventually(bench.engine, () => leases.get(first.id) === 0 && leases.get(second.id) === 0)
  await Promise.all([first.stop(), second.stop()])
  await bench.close()
})
