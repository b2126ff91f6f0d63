import { serve as listen } from '@hono/node-server'
import { Hono } from 'hono'
import { serve } from 'waybill/http'
import { load } from './load.ts'
import { input, noop, place } from './place.ts'
const where = place()
const key = 'wbk_bench_0123456789abcdef'
process.env['WAYBILL_API_KEYS'] = key
const waybill = where.open()
const job = await waybill.enqueue(noop, input(1), { userId: 'user-1' })
const server = await serve(waybill, { host: '127.0.0.1', port: 0 })
const path = `/api/v1/jobs/${job.id}`
const first = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${key}` } })
const body = await first.text()
console.log(Object.fromEntries(first.headers), body.length)
const obj = JSON.parse(body)
const bare = (h: any) => new Promise<any>((resolve) => { const app = new Hono(); app.get('/api/v1/jobs/:id', h); const s = listen({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (i) => resolve({ port: i.port, close: () => s.close() })) })
const bares: Record<string, any> = { json: await bare((c: any) => c.json(obj)), bodyHdr: await bare((c: any) => c.body(body, 200, { 'content-type': 'application/json' })), body: await bare((c: any) => c.body(body)), response: await bare(() => new Response(body, { headers: { 'content-type': 'application/json' } })) }
const got: Record<string, number[]> = {}
const ms = 1200
for (let r = 0; r < +(process.env.R ?? 4); r++) {
  for (const [n, b] of Object.entries(bares)) (got[n] ??= []).push((await load({ port: b.port, path, connections: 64, ms, headers: [`Authorization: Bearer ${key}`] })).perSecond)
  ;(got['GET'] ??= []).push((await load({ port: server.port, path, connections: 64, ms, headers: [`Authorization: Bearer ${key}`] })).perSecond)
  const same = await load({ port: server.port, path, connections: 64, ms, headers: [`Authorization: Bearer ${key}`, `If-None-Match: ${first.headers.get('etag')}`] })
  ;(got['304'] ??= []).push(same.perSecond)
  if (r === 0) console.log(same.codes)
}
const med = (a: number[]) => a.sort((x, y) => x - y)[Math.floor(a.length / 2)]
console.log(Object.fromEntries(Object.entries(got).map(([k, v]) => [k, med(v)])))
for (const b of Object.values(bares)) b.close()
await server.close(); await waybill.close(); where.remove()
