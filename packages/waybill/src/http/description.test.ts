import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aStage, read, type Stage } from './http.fixture.ts'
import { Registry } from '../lib/prometheus.ts'
import type { OpenApi } from './docs/openapi.ts'
import { routes } from './routes/all.ts'

let stage: Stage
let document: OpenApi
beforeAll(async () => {
  stage = await aStage()
  document = (await (await stage.ask(null, 'GET', '/openapi.json')).json()) as OpenApi
})
afterAll(() => stage.close())

describe('the OpenAPI document', () => {
  test('has every route that is served', () => {
    for (const { method, path, root } of routes) {
      expect(document.paths[root ? path : `/api/v1${path}`]).toHaveProperty(method.toLowerCase())
    }
  })

  test('refers only to schemas that it holds, and names each operation once', () => {
    const text = JSON.stringify(document)
    for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]*)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name)
    }
    expect(text.replaceAll('"$ref":"#/components/schemas/', '')).not.toContain('"$ref"')
    const ids = operations().map((operation) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('keeps the rules of OpenAPI 3.1: path parameters are declared, every answer has a description', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const operation of Object.values(methods)) {
        const declared = operation.parameters.filter((one) => one.in === 'path')
        expect(declared.map((one) => [one.name, one.required])).toEqual(inPath.map((name) => [name, true]))
        for (const [status, { description }] of Object.entries(operation.responses)) {
          expect(status).toMatch(/^[2345]\d\d$/)
          expect(description).not.toBe('')
        }
      }
    }
  })

  test('describes what is served: the members of a real job are exactly those of its schema', async () => {
    const id = await stage.submit('ann')
    const job = await read(await stage.ask('ann', 'GET', `/api/v1/jobs/${id}`))
    const schema = document.components.schemas['Job'] as { properties: object; required: string[] }
    expect(Object.keys({ ...job, estimate: 'while it runs' }).sort()).toEqual(Object.keys(schema.properties).sort())
    expect(schema.required.sort()).toEqual(Object.keys(job).sort())
  })

  const operations = () => Object.values(document.paths).flatMap((methods) => Object.values(methods))
})

test('/docs shows every route, needs nothing from elsewhere and runs no script', async () => {
  const response = await stage.ask(null, 'GET', '/docs')
  const html = await response.text()
  for (const { path } of routes) expect(html).toContain(path)
  expect(html).not.toMatch(/<script|https?:\/\/(?!json-schema)/)
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
})

describe('metrics', () => {
  test('are text that Prometheus reads, with the figures of this server', async () => {
    const id = await stage.submit('ann')
    await stage.ask('ann', 'GET', `/api/v1/jobs/${id}`)
    await stage.ask('ann', 'GET', `/api/v1/jobs/${id}`)
    const response = await stage.ask('minter', 'GET', '/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const samples = parse(await response.text())
    expect(samples.get('waybill_jobs_submitted_total{queue="default",type="demo"}')).toBeGreaterThan(0)
    expect(samples.get('waybill_status_reads_total{source="memory"}')).toBeGreaterThan(0)
    expect(samples.get('waybill_queue_jobs{queue="default",status="pending"}')).toBeGreaterThan(0)
    expect(samples.get('waybill_streams')).toBe(0)
    expect(samples.get('waybill_workers')).toBe(0)
    expect(samples.get('waybill_engine_op_seconds_count{op="insert"}')).toBeGreaterThan(0)
    expect(samples.get('waybill_engine_op_seconds_bucket{op="insert",le="+Inf"}')).toBeGreaterThan(0)
  })

  test('need the scope metrics', async () => {
    expect((await stage.ask('ann', 'GET', '/metrics')).status).toBe(403)
    expect((await stage.ask(null, 'GET', '/metrics')).status).toBe(401)
  })

  test('labels are escaped, histograms are cumulative', () => {
    const registry = new Registry()
    registry.counter('a_total', 'Back\\slash\nline').add({ x: 'q"uo\\te\n' })
    const histogram = registry.histogram('h_seconds', 'H', [0.1, 1])
    for (const value of [0.05, 0.5, 5]) histogram.observe(value)
    expect(registry.text()).toBe(`# HELP a_total Back\\\\slash\\nline
# TYPE a_total counter
a_total{x="q\\"uo\\\\te\\n"} 1
# HELP h_seconds H
# TYPE h_seconds histogram
h_seconds_bucket{le="0.1"} 1
h_seconds_bucket{le="1"} 2
h_seconds_bucket{le="+Inf"} 3
h_seconds_sum 5.55
h_seconds_count 3
`)
    parse(registry.text())
  })
})

// A strict reader of the text format: HELP and TYPE before samples, each family once, each sample once.
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  const families = new Set<string>()
  let family = ''
  const must = (holds: boolean, what: string) => {
    if (!holds) throw new Error(`${what} in:\n${text}`)
  }
  must(text.endsWith('\n'), 'no newline at the end')
  for (const line of text.trimEnd().split('\n')) {
    const [, kind, name = ''] = /^# (HELP|TYPE) ([a-z_]+) ./.exec(line) ?? []
    if (kind === 'HELP') {
      must(!families.has(name), `family ${name} twice`)
      families.add((family = name))
    } else if (kind === 'TYPE') must(name === family, `TYPE ${name} after HELP ${family}`)
    else {
      const [, sample = '', labels = '', value = ''] =
        /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/.exec(line) ?? []
      must(sample.replace(/_(bucket|sum|count)$/, '') === family, `"${line}" under ${family}`)
      must(!samples.has(sample + labels), `sample ${sample}${labels} twice`)
      samples.set(sample + labels, Number(value))
    }
  }
  return samples
}
