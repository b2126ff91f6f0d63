// The processes of the streams measurement, told what to be: `run URL RATE` submits and runs jobs, among them ten that
// report once a second; `serve URL N` answers HTTP; `hold PORT N IDS` holds N streams, each upon one of the ten.
import { connect } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createWaybill, defineJob } from 'waybill'
import { serve } from 'waybill/http'
import { noop } from '../place.ts'

const [role = '', where = '', count = '', ids = ''] = process.argv.slice(2)
const key = 'wbk_bench_0123456789abcdef'
const tell = (message: object) => process.send?.(message)

if (role === 'run') await run()
if (role === 'serve') await answer()
if (role === 'hold') await hold()

async function run(): Promise<void> {
  const began = Promise.withResolvers<void>()
  const watched = defineJob({
    type: 'watched',
    timeout: '1h',
    softTimeout: '59m',
    async run(ctx) {
      await began.promise
      for (let i = 0; ; i++) {
        ctx.progress(Math.min(0.99, i / 1_000), String(Date.now()))
        await new Promise((resolve) => setTimeout(resolve, 900 + Math.random() * 200))
      }
    },
  })
  const waybill = createWaybill({ engine: where, jobs: [watched, noop], concurrency: 32 })
  const jobs = await waybill.enqueueMany(
    watched,
    Array.from({ length: 10 }, () => ({})),
  )
  await waybill.worker().start()
  process.on('message', () => {
    began.resolve()
    setInterval(() => void waybill.enqueueMany(noop, some(Number(count) / 20)), 50)
    tell({})
  })
  tell({ ids: jobs.map(({ id }) => id).join(',') })
}

function some(n: number): object[] {
  return Array.from({ length: Math.max(1, Math.round(n)) }, () => ({}))
}

async function answer(): Promise<void> {
  process.env['WAYBILL_API_KEYS'] = key
  process.env['WAYBILL_STREAMS'] = String(Number(count) + 10)
  const waybill = createWaybill({ engine: where, jobs: [noop] })
  const { port } = await serve(waybill, { port: 0 })
  const delay = monitorEventLoopDelay({ resolution: 5 })
  await fetch(`http://127.0.0.1:${port}/readyz`)
  process.on('message', (question) => {
    if (question === 'memory') globalThis.gc?.()
    if (question === 'begin') delay.enable()
    tell({ memory: process.memoryUsage.rss(), haltMs: delay.max / 1e6 })
  })
  tell({ port })
}

async function hold(): Promise<void> {
  const waits: number[] = []
  const watched = ids.split(',')
  const atOnce = 100
  for (let from = 0; from < Number(count); from += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, Number(count) - from) }, (_, i) => open(from + i)))
  process.on('message', (question) => tell(question === 'waits' ? { waits } : {}))
  tell({})

  function open(i: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(where), '127.0.0.1', () => {
        const path = `/api/v1/events?jobs=${watched[i % watched.length]}`
        socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\n\r\n`)
      })
      socket.setEncoding('latin1').on('data', (text: string) => {
        const at = text.lastIndexOf('"progress_message":"')
        if (text.includes('event: sync')) resolve()
        else if (at > 0 && text.includes('event: progress'))
          waits.push(Date.now() - Number(text.slice(at + 20, at + 33)))
      })
      socket.on('error', reject)
    })
  }
}
