// What a worker says of its job: results, failures, releases, progress, steps; and that nobody else can say it.
import assert from 'node:assert/strict'
import type { Case } from './case.ts'
import { itemsOf, objectOf, refused, type Body } from './wire.ts'

export const wordCases: Case[] = [
  {
    name: 'complete keeps the result; the same again is answered the same, another is refused',
    async run(peer) {
      const held = await peer.held()
      const first = await peer.say(held, 'complete', { result: { url: 'x', n: [1, null] } })
      assert.deepEqual([first.status, first.body['status']], [200, 'completed'])
      const again = await peer.say(held, 'complete', { result: { n: [1, null], url: 'x' } })
      assert.deepEqual([again.status, again.body['rev'], again.body['replayed']], [200, first.body['rev'], true])
      refused(await peer.say(held, 'complete', { result: 'other' }), 409, 'lease_lost')
      refused(await peer.say(held, 'fail', { error: { code: 'E', message: 'm' } }), 409, 'lease_lost')
      assert.deepEqual((await peer.ask('GET', `/jobs/${held.id}/result`)).body, { url: 'x', n: [1, null] })
    },
  },
  {
    name: 'a result of more than 256 KiB is refused, and the job goes on',
    async run(peer) {
      const held = await peer.held()
      refused(await peer.say(held, 'complete', { result: 'x'.repeat(256 * 1024) }), 413, 'too_large')
      assert.equal((await peer.beat(held))['ok'], true)
      const { body } = await peer.say(held, 'fail', { error: { code: 'result_too_large', message: '262146 bytes' } })
      assert.equal(body['status'], 'failed')
      assert.equal(objectOf((await peer.job(held.id))['error'])['code'], 'result_too_large')
    },
  },
  {
    name: 'fail goes by the job’s policy: again while attempts are left, then failed; the same word again changes nothing',
    async run(peer) {
      const held = await peer.held({ retry: { max_attempts: 2, backoff_ms: 0, jitter: 0 } })
      const error = { error: { code: 'ValueError', message: 'secret inside' } }
      const first = await peer.say(held, 'fail', error)
      assert.equal(first.body['status'], 'scheduled')
      const again = await peer.say(held, 'fail', error)
      assert.deepEqual([again.status, again.body['rev'], again.body['replayed']], [200, first.body['rev'], true])
      const [second] = await peer.lease({ wait_ms: 10_000 })
      assert.ok(second)
      assert.equal(second.job['attempt'], 2)
      assert.equal((await peer.say(second, 'fail', error)).body['status'], 'failed')
      const owner = objectOf((await peer.job(held.id))['error'])
      assert.deepEqual([owner['code'], owner['message']], ['job_error', 'The job failed.'])
      assert.doesNotMatch(JSON.stringify(await peer.job(held.id)), /secret inside/)
    },
  },
  {
    name: 'the owner sees a public message; `never` fails at once; a delay of the worker’s choice is kept',
    async run(peer) {
      const told = await peer.held()
      const error = { code: 'no_scenes', message: 'inside', public_message: 'The script has no scenes.' }
      assert.equal((await peer.say(told, 'fail', { error, retry: 'never' })).body['status'], 'failed')
      const owner = objectOf((await peer.job(told.id))['error'])
      assert.deepEqual([owner['code'], owner['message']], ['no_scenes', 'The script has no scenes.'])
      const later = await peer.held()
      await peer.say(later, 'fail', { error: { code: 'E', message: 'm' }, retry: { delay_ms: 3_600_000 } })
      const { status, run_at } = await peer.job(later.id)
      assert.equal(status, 'scheduled')
      assert.ok(Date.parse(String(run_at)) - Date.now() > 3_000_000)
    },
  },
  {
    name: 'release gives a job back at once and charges no attempt',
    async run(peer) {
      const held = await peer.held()
      const first = await peer.say(held, 'release', { reason: 'shutdown' })
      assert.deepEqual([first.status, first.body['status']], [200, 'pending'])
      assert.equal((await peer.say(held, 'release', { reason: 'shutdown' })).body['rev'], first.body['rev'])
      const [next] = await peer.lease({ wait_ms: 5_000 })
      assert.equal(next?.job['attempt'], 1)
    },
  },
  {
    name: 'progress never falls, and log lines are kept with their attempt',
    async run(peer) {
      const held = await peer.held()
      for (const progress of [0.6, 0.2]) assert.equal((await peer.say(held, 'progress', { progress })).status, 200)
      assert.equal((await peer.job(held.id))['progress'], 0.6)
      const lines = [
        { level: 'warn', message: 'slow', fields: { ms: 5 }, audience: 'owner' },
        { level: 'info', message: 'within' },
      ]
      assert.equal((await peer.say(held, 'logs', { lines })).status, 200)
      const { items } = (await peer.ask('GET', `/jobs/${held.id}/logs`)).body
      const [kept] = itemsOf(items)
      assert.deepEqual([kept?.['message'], kept?.['attempt'], kept?.['fields']], ['slow', 1, { ms: 5 }])
      const long = { lines: [{ level: 'info', message: 'x'.repeat(9_000) }] }
      refused(await peer.say(held, 'logs', long), 413, 'too_large')
    },
  },
  {
    name: 'a step is kept, also when it is kept twice, and a later attempt is given it',
    async run(peer) {
      const held = await peer.held()
      for (let i = 0; i < 2; i++) assert.equal((await peer.keep(held, 'read / all', { pages: 3 })).status, 200)
      await peer.say(held, 'fail', { error: { code: 'E', message: 'm' } })
      const [next] = await peer.lease({ wait_ms: 10_000 })
      assert.deepEqual(next?.steps, [{ key: 'read / all', result: { pages: 3 } }])
    },
  },
  {
    name: 'a lease opens nothing but its own job, and cannot be made up',
    async run(peer) {
      const held = await peer.held()
      const other = await peer.held()
      refused(await peer.ask('POST', `/worker/jobs/${held.id}/complete`, {}), 400, 'bad_request')
      for (const lease of [other.lease, `${held.lease}x`, forged(held.lease), 'wbl1..', 'x'])
        refused(await peer.ask('POST', `/worker/jobs/${held.id}/complete`, {}, lease), 409, 'lease_lost')
      const stolen: Body = { worker_id: 'somebody-else', leases: [{ lease: held.lease }] }
      const { body } = await peer.ask('POST', '/worker/heartbeat', stolen)
      assert.deepEqual(itemsOf(body['leases']), [{ job_id: null, ok: false, lost: true }])
      assert.equal((await peer.job(held.id))['status'], 'processing')
    },
  },
]

// The same lease with a higher fence, under the old signature.
function forged(lease: string): string {
  const [word, payload = '', signature] = lease.split('.')
  const said: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
  assert.ok(Array.isArray(said))
  said[2] = Number(said[2]) + 1
  return `${word}.${Buffer.from(JSON.stringify(said)).toString('base64url')}.${signature}`
}
