import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { serve as listenHono } from '@hono/node-server'
import fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aStage, Events, read, type Stage } from './http.fixture.ts'
import { toFastify, toNodeHandler } from './node/handler.ts'

/** The little of Express that is needed here; it comes without types. */
interface Express {
  use(handler: unknown): void
  get(path: string, handler: (request: IncomingMessage, response: ServerResponse) => void): void
  listen(port: number, host: string, done: () => void): Server
}
const require = createRequire(import.meta.url)
const express: { (): Express; json(): unknown } = require('express')

let stage: Stage
beforeAll(async () => {
  stage = await aStage()
})
afterAll(() => stage.close())

interface Host {
  url: string
  close(): Promise<void>
}

const hosts: Record<string, () => Promise<Host>> = {
  async express() {
    const app = express()
    app.use(toNodeHandler(stage.face.fetch))
    app.get('/own', (_, response) => void response.end('own'))
    return listening(app)
  },
  async 'express after express.json()'() {
    const app = express()
    app.use(express.json())
    app.use(toNodeHandler(stage.face.fetch))
    app.get('/own', (_, response) => void response.end('own'))
    return listening(app)
  },
  async fastify() {
    const app = fastify()
    app.get('/own', () => 'own')
    await app.register(toFastify(stage.face.fetch))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return { url, close: () => app.close() }
  },
  async hono() {
    const app = new Hono()
    app.get('/own', (c) => c.text('own'))
    app.mount('/', stage.face.fetch)
    return new Promise((resolve) => {
      const server = listenHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
        resolve({ url: `http://127.0.0.1:${port}`, close: () => new Promise((done) => server.close(() => done())) }),
      )
    })
  },
}

function listening(app: Express): Promise<Host> {
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        close: () => new Promise((done) => server.close(() => done())),
      }),
    )
  })
}

test.each(Object.keys(hosts))('mounted in %s: submit, read, watch, and the host keeps its own routes', async (name) => {
  const host = await (hosts[name] as () => Promise<Host>)()
  const headers = { authorization: 'Bearer ann' }
  const body = JSON.stringify({ type: 'demo', input: { text: 'ünïcode' } })
  const post = await fetch(`${host.url}/api/v1/jobs`, {
    method: 'POST',
    body,
    headers: { ...headers, 'content-type': 'application/json' },
  })
  expect(post.status).toBe(202)
  const id = String((await read(post))['job_id'])
  const got = await fetch(`${host.url}/api/v1/jobs/${id}?include=input`, { headers })
  expect((await read(got))['input']).toEqual({ text: 'ünïcode' })
  const events = new Events(await fetch(`${host.url}/api/v1/jobs/${id}/events`, { headers }))
  await events.until('sync')
  await fetch(`${host.url}/api/v1/jobs/${id}`, { method: 'DELETE', headers })
  await events.until('job', (job) => job['status'] === 'cancelled')
  await events.cancel()
  expect(await (await fetch(`${host.url}/own`)).text()).toBe('own')
  const bad = await fetch(`${host.url}/api/v1/jobs`, {
    method: 'POST',
    body: '{"type":',
    headers: { ...headers, 'content-type': 'application/json' },
  })
  expect(bad.status).toBe(400)
  await host.close()
})
