// Keeping jobs: heartbeats, cancels, time limits, and leases that are lost.
import assert from 'node:assert/strict'
import type { Case } from './case.ts'
import { itemsOf, objectOf, refused, until } from './wire.ts'

const writes: [string, object][] = [
  ['progress', { progress: 0.5 }],
  ['logs', { lines: [{ level: 'info', message: 'x' }] }],
  ['complete', { result: 'late' }],
  ['fail', { error: { code: 'E', message: 'late' } }],
  ['cancelled', {}],
  ['release', {}],
]

export const beatCases: Case[] = [
  {
    name: 'a heartbeat renews the lease and brings progress along',
    async run(peer) {
      const held = await peer.held()
      const progress = { progress: 0.4, progress_message: 'reading', stage: 'read', counts: { done: 2, total: 5 } }
      assert.deepEqual(await peer.beat(held, progress), { job_id: held.id, ok: true, lease_ms: 15_000 })
      const job = await peer.job(held.id)
      assert.deepEqual([job['progress'], job['progress_message'], job['stage']], [0.4, 'reading', 'read'])
      assert.deepEqual(job['counts'], { done: 2, total: 5, unit: null })
    },
  },
  {
    name: 'a heartbeat tells of a cancel, and `cancelled` ends the job',
    async run(peer) {
      const held = await peer.held()
      refused(await peer.say(held, 'cancelled'), 400, 'bad_request')
      assert.equal((await peer.ask('POST', `/jobs/${held.id}/cancel`, { reason: 'enough' })).status, 202)
      assert.equal((await peer.beat(held))['cancel'], true)
      const first = await peer.say(held, 'cancelled')
      assert.deepEqual([first.status, first.body['status']], [200, 'cancelled'])
      assert.equal((await peer.say(held, 'cancelled')).body['rev'], first.body['rev'])
    },
  },
  {
    name: 'work that is done in spite of a cancel counts',
    async run(peer) {
      const held = await peer.held()
      await peer.ask('POST', `/jobs/${held.id}/cancel`)
      assert.equal((await peer.say(held, 'complete', { result: 1 })).body['status'], 'completed')
    },
  },
  {
    name: 'a heartbeat tells of the soft limit; past the hard limit the lease is lost and the attempt has timed out',
    async run(peer) {
      const held = await peer.held({ soft_timeout_ms: 150, timeout_ms: 900, retry: { max_attempts: 1 } })
      const warned = await until(
        () => peer.beat(held),
        (one) => one['soft_timeout'] === true || one['ok'] === false,
      )
      assert.equal(warned['ok'], true)
      const end = await until(
        () => peer.beat(held),
        (one) => one['ok'] === false,
      )
      assert.equal(end['lost'], true)
      const job = await peer.job(held.id)
      assert.deepEqual([job['status'], objectOf(job['error'])['code']], ['failed', 'timeout'])
      refused(await peer.say(held, 'complete', { result: 'late' }), 409, 'lease_lost')
    },
  },
  {
    name: 'a result that comes past the hard limit is refused, heartbeat or not',
    async run(peer) {
      const held = await peer.held({ timeout_ms: 200, retry: { max_attempts: 1 } })
      await new Promise((resolve) => setTimeout(resolve, 300))
      refused(await peer.say(held, 'complete', { result: 'late' }), 409, 'lease_lost')
      assert.equal(objectOf((await peer.job(held.id))['error'])['code'], 'timeout')
      refused(await peer.say(held, 'fail', { error: { code: 'E', message: 'late' } }), 409, 'lease_lost')
    },
  },
  {
    name: 'a lease that is not renewed runs out: another worker gets the job, and every late word is refused',
    async run(peer) {
      const late = await peer.held({}, { lease_ms: 1_000 })
      const [next] = await until(
        () => peer.lease({ wait_ms: 5_000, claim_id: peer.claim() }),
        (all) => all.length > 0,
      )
      assert.ok(next && next.fence > late.fence)
      assert.equal(next.job['job_id'], late.id)
      assert.deepEqual(await peer.beat(late, { progress: 0.9 }), { job_id: late.id, ok: false, lost: true })
      for (const [what, body] of writes) refused(await peer.say(late, what, body), 409, 'lease_lost')
      refused(await peer.keep(late, 'late', 1), 409, 'lease_lost')
      assert.equal((await peer.job(late.id))['progress'], null)
      assert.equal((await peer.beat(next))['ok'], true)
      assert.equal((await peer.say(next, 'complete', { result: 'mine' })).status, 200)
      assert.equal((await peer.job(late.id))['result'], 'mine')
    },
  },
  {
    name: 'of an old lease and a new one of the same job, a heartbeat keeps the new one',
    async run(peer) {
      const old = await peer.held()
      await peer.say(old, 'release')
      const [held] = await peer.lease({ wait_ms: 5_000 })
      assert.ok(held)
      const leases = [{ lease: old.lease }, { lease: held.lease }]
      const { body } = await peer.ask('POST', '/worker/heartbeat', { worker_id: peer.worker, leases })
      assert.deepEqual(
        itemsOf(body['leases']).map(({ ok }) => ok),
        [false, true],
      )
    },
  },
  {
    name: 'after a forced cancel the lease is lost',
    async run(peer) {
      const held = await peer.held()
      assert.equal((await peer.ask('POST', `/jobs/${held.id}/cancel`, { mode: 'force' })).body['status'], 'cancelled')
      assert.equal((await peer.beat(held))['ok'], false)
      refused(await peer.say(held, 'complete', { result: 1 }), 409, 'lease_lost')
    },
  },
]
