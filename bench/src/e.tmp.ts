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
const bares: Record<string, any> = { bare304: await bare(() => new Response(null, { status: 304, headers: { etag: 'W/"1-owner"' } })), json: await bare((c: any) => c.json(obj)), bodyHdr: await bare((c: any) => c.body(body, 200, { 'content-type': 'application/json' })), body: await bare((c: any) => c.body(body)), response: await bare(() => new Response(body, { headers: { 'content-type': 'application/json' } })) }
const cpu: Record<string, number[]> = {}
const run = async (n: string, port: number, more: string[] = []) => { const c0 = process.cpuUsage(); const r = await load({ port, path, connections: 64, ms, headers: [`Authorization: Bearer ${key}`, ...more] }); const c = process.cpuUsage(c0); (got[n] ??= []).push(r.perSecond); (cpu[n] ??= []).push((c.user + c.system) / (r.perSecond * ms / 1000)); return r }
const got: Record<string, number[]> = {}
const ms = 1200
for (let r = 0; r < 4; r++) {
  for (const [n, b] of Object.entries(bares)) await run(n, b.port)
  await run('GET', server.port)
  await run('304', server.port, [`If-None-Match: ${first.headers.get('etag')}`])
}
const med = (a: number[]) => a.sort((x, y) => x - y)[Math.floor(a.length / 2)]
for (const k of Object.keys(got)) console.log(k, med(got[k]!), 'req/s', med(cpu[k]!).toFixed(1), 'us cpu/req')
for (const b of Object.values(bares)) b.close()
await server.close(); await waybill.close(); where.remove()
