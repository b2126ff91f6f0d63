// An API process: answers HTTP at the defaults, with an operator key. Counts the calls it makes to its engine, and on
// PostgreSQL what it sends to the server.
import pg from 'pg'
import { createWaybill } from 'waybill'
import { serve } from 'waybill/http'
import { play, taskOf } from './child.ts'
import type { StoreUrls } from './stores.ts'
import { clockTime, key } from './asking.ts'
import { waybillOn } from './opened.ts'

const verbs = ['get', 'revs', 'list', 'count', 'logs'] as const

/** Calls to the engine that read jobs, by verb; and statements sent to PostgreSQL, whoever wanted them. */
export interface Calls extends Record<(typeof verbs)[number], number> {
  statements: number
}

export interface Breaker {
  /** Times of this machine; null: not yet. */
  fifthErrorAt: number | null
  openAt: number | null
}

const { store, streams } = taskOf<{ store: StoreUrls; streams: number }>()
process.env['WAYBILL_API_KEYS'] = key
process.env['WAYBILL_STREAMS'] = String(streams)
const statements = countStatements()
const waybill = createWaybill(waybillOn(store))
const server = await serve(waybill, { host: '127.0.0.1', port: 0 })
const { telemetry, accelerator } = await waybill.parts()
await fetch(`${server.url}/readyz`)

const breaker: Breaker = { fifthErrorAt: null, openAt: null }

play({
  url: () => server.url,
  calls: (): Calls => {
    const text = telemetry.text()
    const count = (verb: string) => counter(text, `waybill_engine_op_seconds_count{op="${verb}"}`)
    const [get = 0, revs = 0, list = 0, asked = 0, logs = 0] = verbs.map(count)
    return { get, revs, list, count: asked, logs, statements: statements() }
  },
  accelerated: () => until(() => accelerator?.state === 'up'),
  watchBreaker: () => watchBreaker(),
  breaker: () => breaker,
})

function watchBreaker(): void {
  const errors = () => counter(accelerator?.metrics() ?? '', 'waybill_accelerator_errors_total')
  const before = errors()
  const timer = setInterval(() => {
    if (breaker.fifthErrorAt === null && errors() >= before + 5) breaker.fifthErrorAt = clockTime()
    if (breaker.openAt === null && accelerator?.state === 'down') breaker.openAt = clockTime()
    if (breaker.openAt !== null) clearInterval(timer)
  }, 1)
}

function until(holds: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!holds()) return
      clearInterval(timer)
      resolve(true)
    }, 5)
  })
}

function counter(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length) ?? 0)
}

function countStatements(): () => number {
  let sent = 0
  const sends: unknown = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query')?.value
  if (typeof sends !== 'function') throw new Error('pg.Client has no method `query` to be counted')
  Object.defineProperty(pg.Client.prototype, 'query', {
    value(this: pg.Client, ...args: unknown[]): unknown {
      sent++
      const answer: unknown = Reflect.apply(sends, this, args)
      return answer
    },
  })
  return () => sent
}
