// The server's clock, as its streams tell it.
import { expect, test } from 'vitest'
import { hasty, openStream, scripted, view } from './scripted.fixture.ts'

test('is this machine’s until a stream has told of it, and goes on from there', async () => {
  const server = await scripted()
  let here = 5_000
  const client = server.client({ env: { ...hasty, now: () => here } })
  expect(client.serverTime).toBe(5_000)
  server.on(/\/events/, (_, response) => openStream(response)('job', view({ status: 'completed' })))
  await client.ended('j1')
  const told = Date.parse('2026-01-01T00:00:00.000Z')
  expect(client.serverTime).toBe(told)
  here += 1_000
  expect(client.serverTime).toBe(told + 1_000)
  await server.close()
})
