// Workers that take a message from a list and answer over HTTP with the lease that it carries.
import { afterEach, describe, expect, test } from 'vitest'
import { list } from '../../src/bridges/index.ts'
import { serve, type Served } from '../../src/http/index.ts'
import { defineJob } from '../../src/index.ts'
import { aSite, engines, until, type Site } from './site.fixture.ts'

const key = 'jobs'
const work = defineJob<object, object>({ type: 'work', queue: 'work', retry: { attempts: 2, backoff: 0 } })

interface Message {
  job_id: string
  _waybill: { url: string; lease: string; worker_id: string }
}

describe.each(engines)('answers over HTTP on %s', (_, open) => {
  let site: Site
  let served: Served
  afterEach(async () => {
    await served.close()
    await site.close()
  })
  const begin = async (silence = '10s') => {
    site = await aSite(open, (redis) => ({
      jobs: [work],
      bridges: [list({ key, queues: ['work'], redis, reply: { url: 'http://replaced/api/v1', silence } })],
    }))
    served = await serve(site.waybill, { port: 0 })
  }
  const taken = () =>
    until(async () => {
      const text = await site.redis.lpop(key)
      if (text === null) return null
      const message: Message = JSON.parse(text)
      return message
    })
  const say = async ({ job_id, _waybill }: Message, verb: string, body: object) => {
    const headers = { 'content-type': 'application/json', 'waybill-lease': _waybill.lease }
    const url = `${served.url}/api/v1/worker/jobs/${job_id}/${verb}`
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status
  }

  test('the first word takes the lease, the last one ends the job, and may be repeated', async () => {
    await begin()
    const { id } = await site.waybill.enqueue(work, {})
    const message = await taken()
    expect(message).toMatchObject({ job_id: id, _waybill: { url: 'http://replaced/api/v1' } })
    expect(await say(message, 'progress', { progress: 0.5 })).toBe(200)
    expect(await site.waybill.get(id)).toMatchObject({ status: 'processing', progress: 0.5, attempt: 1 })
    expect(await say(message, 'complete', { result: { ok: true } })).toBe(200)
    expect(await say(message, 'complete', { result: { ok: true } })).toBe(200)
    expect(await site.waybill.result({ id })).toEqual({ ok: true })
  })

  test('a worker that was given up is refused, and the next one has the job', async () => {
    await begin('500ms')
    await site.waybill.enqueue(work, {})
    const first = await taken()
    expect(await say(first, 'progress', { progress: 0.5 })).toBe(200)
    const second = await taken()
    expect(second._waybill.lease).not.toBe(first._waybill.lease)
    expect(await say(first, 'complete', { result: {} })).toBe(409)
    expect(await say(second, 'complete', { result: { by: 'second' } })).toBe(200)
    expect(await say(first, 'complete', { result: {} })).toBe(409)
  })

  test('a heartbeat with the lease of a message keeps the job', async () => {
    await begin('1s')
    const { id } = await site.waybill.enqueue(work, {})
    const { _waybill } = await taken()
    const body = JSON.stringify({ worker_id: _waybill.worker_id, leases: [{ lease: _waybill.lease, progress: 0.2 }] })
    const beat = await fetch(`${served.url}/api/v1/worker/heartbeat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const answer: { leases: object[] } = JSON.parse(await beat.text())
    expect(answer.leases).toEqual([expect.objectContaining({ job_id: id, ok: true })])
  })
})
