// What answers from the root, beside the API: probes, metrics, and the API's description.
import { needExactly } from '../access.ts'
import type { Call } from '../call.ts'
import type { Route } from './route.ts'

const plain = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }

export const livez: Route = {
  method: 'GET',
  path: '/livez',
  root: true,
  open: true,
  summary: 'The process lives',
  answers: { 200: { description: 'ok', mediaType: 'text/plain' } },
  problems: [],
  handle: (call) => call.json(200, 'ok\n', plain),
}

export const readyz: Route = {
  method: 'GET',
  path: '/readyz',
  root: true,
  open: true,
  summary: 'Requests may be sent here',
  answers: {
    200: { description: 'ready', mediaType: 'text/plain' },
    503: {
      description: 'Shutting down, engine unreachable or unable to store jobs, or its layout is not this version’s.',
      mediaType: 'text/plain',
    },
  },
  problems: [],
  handle: async (call) => {
    const why = await unready(call)
    return why === null
      ? call.json(200, 'ready\n', plain)
      : call.json(503, `${why}\n`, { ...plain, 'retry-after': '5' })
  },
}

async function unready({ server }: Call): Promise<string | null> {
  if (server.stopping.aborted) return 'shutting down'
  const { engine } = server.parts
  const { problem } = await engine.health()
  if (problem !== null) return `the engine cannot store jobs: ${problem}`
  const { found, wanted } = await engine.schema()
  return found === wanted ? null : `the store has layout ${found}, this version needs ${wanted}; run waybill migrate`
}

export const metrics: Route = {
  method: 'GET',
  path: '/metrics',
  root: true,
  summary: 'Metrics in the text format of Prometheus',
  scope: 'metrics',
  answers: { 200: { description: 'Metrics.', mediaType: 'text/plain' } },
  problems: ['unauthenticated', 'insufficient_scope'],
  handle: async (call) => {
    needExactly(call.principal, 'metrics')
    const text = await call.server.metrics.text(call.server.parts, call.server.streams.size)
    return call.json(200, text, { ...plain, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  },
}

export const openapi: Route = {
  method: 'GET',
  path: '/openapi.json',
  root: true,
  open: true,
  summary: 'This API as an OpenAPI 3.1 document',
  answers: { 200: { description: 'The document.' } },
  problems: [],
  handle: (call) => call.json(200, call.server.description.json, { 'cache-control': 'no-cache' }),
}

export const docs: Route = {
  method: 'GET',
  path: '/docs',
  root: true,
  open: true,
  summary: 'This API as a page to read',
  answers: { 200: { description: 'HTML.', mediaType: 'text/html' } },
  problems: [],
  handle: (call) => {
    const { html, csp } = call.server.description.page
    const headers = { 'content-security-policy': csp, 'referrer-policy': 'no-referrer', 'cache-control': 'no-cache' }
    return call.json(200, html, { ...headers, 'content-type': 'text/html; charset=utf-8' })
  },
}
