// Following a job through an outage of the server: whoever waits is told, and the job is followed on.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStream, scripted, view, type Scripted } from '../client/scripted.fixture.ts'
import { follow } from './follow.ts'

let server: Scripted
beforeEach(async () => {
  server = await scripted()
})
afterEach(() => server.close())

test('a lost connection is said, once, and so is its return', async () => {
  let asked = 0
  server.on(/./, (_, response) => {
    asked++
    if (asked > 1 && asked < 9) return void response.destroy()
    const send = openStream(response)
    send('job', view({ rev: asked, status: asked === 1 ? 'processing' : 'completed' }))
    if (asked === 1) setTimeout(() => response.destroy(), 20)
  })
  const [out, talk]: [string[], string[]] = [[], []]
  const code = await follow(
    server.client(),
    ['j1'],
    {
      out: (text) => void out.push(text),
      say: (text) => void talk.push(text),
      tty: false,
      columns: 80,
      colour: false,
      confirm: async () => false,
    },
    { json: true, timeoutMs: null },
  )
  expect([code, out.length]).toEqual([0, 2])
  expect(talk).toEqual(['Connection lost: the server does not answer; trying again.', 'Connected again.'])
})
