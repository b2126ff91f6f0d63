// Status reads over HTTP: GET of one job (200) and with If-None-Match (304), with an API key, next to two bare Hono
// routes without auth that answer the same job: one serialises it (`c.json(object)`, what one would write), one sends a
// text that is ready (the fastest that Hono can). Same load, in turn and several times in one run.
import { serve as listen } from '@hono/node-server'
import { Hono } from 'hono'
import { serve } from 'waybill/http'
import { type Bench, type Figure, median } from './figures.ts'
import { load } from './load.ts'
import { input, noop, place } from './place.ts'

export const status: Bench = {
  name: 'status',
  async run(size) {
    const rounds = size === 'full' ? 5 : 1
    const ms = size === 'full' ? 2_000 : 100
    const where = place()
    const key = 'wbk_bench_0123456789abcdef'
    process.env['WAYBILL_API_KEYS'] = key
    const waybill = where.open()
    const job = await waybill.enqueue(noop, input(1), { userId: 'user-1' })
    const server = await serve(waybill, { host: '127.0.0.1', port: 0 })
    const path = `/api/v1/jobs/${job.id}`
    const headers = [`Authorization: Bearer ${key}`]
    const first = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${key}` } })
    const body = await first.text()
    const bare = await bareRoute(body)
    const measure = async (port: number, more: string[] = [], at = path) =>
      (await load({ port, path: at, connections: 64, ms, headers: [...headers, ...more] })).perSecond
    const got: Record<'bare' | 'ready' | 'found' | 'same', number[]> = { bare: [], ready: [], found: [], same: [] }
    for (let round = 0; round < rounds; round++) {
      got.bare.push(await measure(bare.port))
      got.ready.push(await measure(bare.port, [], '/ready'))
      got.found.push(await measure(server.port))
      got.same.push(await measure(server.port, [`If-None-Match: ${first.headers.get('etag')}`]))
    }
    bare.close()
    await server.close()
    await waybill.close()
    where.remove()
    return report(median(got.bare), median(got.ready), median(got.found), median(got.same))
  },
}

function report(bare: number, ready: number, found: number, same: number): Figure[] {
  return [
    { name: 'bare Hono route, c.json(object)', value: bare, unit: 'req/s' },
    { name: 'bare Hono route, text that is ready', value: ready, unit: 'req/s' },
    { name: 'status GET, 200', value: found, unit: 'req/s' },
    { name: 'status GET, 304', value: same, unit: 'req/s' },
    { name: 'status GET 200 / bare c.json', value: found / bare, unit: 'x', target: { at: 'least', value: 0.75 } },
    { name: 'status GET 304 / bare c.json', value: same / bare, unit: 'x', target: { at: 'least', value: 0.75 } },
    { name: 'status GET 200 / text that is ready', value: found / ready, unit: 'x' },
    { name: 'status GET 304 / text that is ready', value: same / ready, unit: 'x' },
  ]
}

async function bareRoute(body: string): Promise<{ port: number; close(): void }> {
  const app = new Hono()
  const job: object = JSON.parse(body)
  app.get('/api/v1/jobs/:id', (c) => c.json(job))
  app.get('/ready', () => new Response(body, { headers: { 'content-type': 'application/json' } }))
  return new Promise((resolve) => {
    const server = listen({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (info) =>
      resolve({ port: info.port, close: () => server.close() }),
    )
  })
}
