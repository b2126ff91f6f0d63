// Polls of one running job: answers a second from Waybill's memory, beside a bare Hono route and handlers that read
// PostgreSQL or Redis at each poll. All servers stand side by side and take their turns under the same load: 64 polls
// under way, eight on a connection, since a load maker that sends them one by one needs more processor than the servers.
import { type Figure, median } from '../figures.ts'
import { load } from '../load.ts'
import { authorization, jobUrl, poll } from './asking.ts'
import { startChild, type Child } from './child.ts'
import type { Extent } from './extent.ts'
import type { HandbuiltTask } from './handbuilt.ts'
import { withScene, type Measure } from './measure.ts'
import { engines, withStore } from './stores.ts'

/** Something that answers polls of a job. */
interface Contender {
  name: string
  url: string
  headers: string[]
}

export const status: Measure = {
  name: 'status',
  run(extent) {
    const contenders: Contender[] = []
    const collect = async (left: readonly (typeof engines)[number][]): Promise<Figure[]> => {
      const [kind, ...rest] = left
      if (kind === undefined) return figuresOf(await inTurn(contenders, extent))
      return withStore(kind, extent, (place) =>
        withScene(place, 1, async ({ url, ids: [id = ''] }) => {
          const at = jobUrl(url, id)
          contenders.push(...(await ours(kind, at)))
          const byHand = await handlers(kind, { url: place.engine, jobs: { [id]: await text(at) } })
          try {
            for (const [name, child] of byHand)
              contenders.push({ name, url: jobUrl(await child.ask('url'), id), headers: [] })
            return await collect(rest)
          } finally {
            for (const [, child] of byHand) await child.kill()
          }
        }),
      )
    }
    return collect(engines)
  },
}

async function text(url: string): Promise<string> {
  const response = await fetch(url, { headers: { authorization } })
  return response.text()
}

async function ours(kind: string, url: string): Promise<Contender[]> {
  const { etag } = await poll(url, null)
  const headers = [`Authorization: ${authorization}`]
  return [
    { name: `Waybill on ${kind}, 200`, url, headers },
    { name: `Waybill on ${kind}, 304`, url, headers: [...headers, `If-None-Match: ${etag}`] },
  ]
}

async function handlers(kind: string, task: Omit<HandbuiltTask, 'kind'>): Promise<[string, Child][]> {
  if (kind === 'sqlite') return [['bare Hono route', await startChild('./handbuilt.ts', { ...task, kind: 'bare' })]]
  return [[`a handler that reads ${kind}`, await startChild('./handbuilt.ts', { ...task, kind })]]
}

async function inTurn(contenders: Contender[], { rounds, loadMs }: Extent): Promise<Map<string, number>> {
  const got = new Map(contenders.map(({ name }): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, url, headers } of contenders) {
      const { port, pathname } = new URL(url)
      const { perSecond } = await load({
        port: Number(port),
        path: pathname,
        connections: 8,
        atOnce: 8,
        ms: loadMs,
        headers,
      })
      got.get(name)?.push(perSecond)
    }
  }
  return new Map([...got].map(([name, all]) => [name, median(all)]))
}

function figuresOf(got: Map<string, number>): Figure[] {
  const of = (name: string) => got.get(name) ?? Number.NaN
  const plain = [...got].map(([name, value]): Figure => ({ name, value, unit: 'req/s' }))
  return [...plain, ...engines.flatMap((kind) => ratios(kind, of))]
}

function ratios(kind: string, of: (name: string) => number): Figure[] {
  const bare = of('bare Hono route')
  const [found, same] = [of(`Waybill on ${kind}, 200`), of(`Waybill on ${kind}, 304`)]
  const ratio = (name: string, value: number, least?: number): Figure => ({
    name: `${kind}: ${name}`,
    value,
    unit: 'x',
    ...(least === undefined ? {} : { target: { at: 'least', value: least } }),
  })
  return [
    ratio('200 ÷ bare route', found / bare, 0.85),
    ratio('304 ÷ bare route', same / bare, 0.95),
    ratio('200 ÷ handler that reads PostgreSQL', found / of('a handler that reads postgres'), 3),
    ratio('200 ÷ handler that reads Redis', found / of('a handler that reads redis')),
  ]
}
