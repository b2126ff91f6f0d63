// The scripts of a list alone: a job is in it once, and again only when it was missed twice.
import { startRedis, type Server } from '@waybill/servers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Link, script, texts } from '../../src/bridges/link.ts'
import { systemClock } from '../../src/lib/clock.ts'

let server: Server
let link: Link
beforeAll(async () => {
  server = await startRedis()
  link = new Link(server.url)
  await link.ready(systemClock)
})
afterAll(async () => {
  link.close()
  await server.stop()
})

const keys = ['jobs', 'wb:messages', 'wb:times', 'wb:missed']
const run = async (name: string, ...args: string[]) => link.run(script(`list-${name}`), keys, args)
const waiting = async () => texts(await link.call('LRANGE', 'jobs', 0, -1))

test('pushed once, missed twice, pushed again, and gone for good', async () => {
  expect(await run('push', 'a', 'A', 'b', 'B')).toEqual(['pushed', 'pushed'])
  expect(await run('push', 'a', 'A')).toEqual(['known'])
  expect(await waiting()).toEqual(['A', 'B'])
  expect(await run('late', '60000', '10')).toEqual([])
  expect(await run('late', '0', '10')).toEqual(['a', 'b'])

  await link.call('LPOP', 'jobs')
  expect(await run('again', 'a', 'b')).toEqual(['missed', 'there'])
  expect(await run('again', 'a')).toEqual(['again'])
  expect(await waiting()).toEqual(['B', 'A'])

  await link.call('RPUSH', 'jobs', 'A')
  expect(await run('leave', 'a')).toBe(2)
  expect(await run('again', 'a')).toEqual(['gone'])
  expect(await waiting()).toEqual(['B'])
  expect(await run('push', 'a', 'A')).toEqual(['pushed'])
})
