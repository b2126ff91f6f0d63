// What a server of the worker protocol owes, one sentence a case. Each has a queue of its own on the server under test.
import assert from 'node:assert/strict'
import { itemsOf, objectOf, refused, until, type Body, type Peer } from './wire.ts'

export interface Case {
  name: string
  run: (peer: Peer) => Promise<void>
}

const writes: [string, object][] = [
  ['progress', { progress: 0.5 }],
  ['logs', { lines: [{ level: 'info', message: 'x' }] }],
  ['complete', { result: 'late' }],
  ['fail', { error: { code: 'E', message: 'late' } }],
  ['cancelled', {}],
  ['release', {}],
]

export const leaseCases: Case[] = [
  {
    name: 'a queue without work gives no leases',
    async run(peer) {
      assert.deepEqual(await peer.lease(), [])
      assert.deepEqual(await peer.lease({ wait_ms: 100 }), [])
    },
  },
  {
    name: 'a lease brings the job with its input and attempt, and the job runs',
    async run(peer) {
      const { job, id, steps } = await peer.held({ input: { text: 'Grüße' }, subject: 'x:1', timeout_ms: 60_000 })
      assert.deepEqual(job['input'], { text: 'Grüße' })
      assert.deepEqual([job['attempt'], job['subject'], job['timeout_ms'], steps], [1, 'x:1', 60_000, []])
      assert.equal((await peer.job(id))['status'], 'processing')
    },
  },
  {
    name: 'at most `max` jobs are leased, each under a fence of its own, higher priority first',
    async run(peer) {
      const ids = [await peer.submit(), await peer.submit({ priority: 9 }), await peer.submit()]
      const leased = await peer.lease({ max: 2 })
      assert.deepEqual(
        leased.map(({ job }) => job['job_id']),
        [ids[1], ids[0]],
      )
      assert.equal(new Set(leased.map(({ fence }) => fence)).size, 2)
    },
  },
  {
    name: 'the same claim_id gets the same leases again',
    async run(peer) {
      await peer.submit()
      await peer.submit()
      const claim_id = peer.claim()
      const first = await peer.lease({ max: 2, claim_id })
      assert.equal(first.length, 2)
      const again = await peer.lease({ max: 2, claim_id })
      assert.deepEqual(
        again.map(({ lease }) => lease),
        first.map(({ lease }) => lease),
      )
      assert.deepEqual(await peer.lease({ max: 2, claim_id: peer.claim() }), [])
    },
  },
  {
    name: 'a call that waits is answered when work comes',
    async run(peer) {
      const waiting = peer.lease({ wait_ms: 20_000 })
      const id = await peer.submit()
      assert.deepEqual(
        (await waiting).map(({ job }) => job['job_id']),
        [id],
      )
    },
  },
  {
    name: 'of many that wait, each job goes to one',
    async run(peer) {
      const claims = Array.from({ length: 6 }, () => peer.lease({ wait_ms: 8_000, claim_id: peer.claim() }))
      for (let i = 0; i < 6; i++) await peer.submit()
      const ids = (await Promise.all(claims)).flatMap((leases) => leases.map(({ job }) => job['job_id']))
      assert.equal(new Set(ids).size, 6)
    },
  },
  {
    name: 'a worker that names its types is not given others, and they are not charged for it',
    async run(peer) {
      const id = await peer.submit()
      assert.deepEqual(await peer.lease({ types: ['another.type'] }), [])
      const job = await peer.job(id)
      assert.deepEqual([job['attempt'], job['error']], [0, null])
    },
  },
  {
    name: 'members that nobody knows, and numbers out of bounds, are refused',
    async run(peer) {
      const unknown = await peer.ask('POST', '/worker/lease', peer.request({ queus: [] }))
      refused(unknown, 400, 'bad_request')
      assert.match(JSON.stringify(unknown.body), /did you mean/i)
      for (const bad of [{ max: 33 }, { max: 0 }, { wait_ms: 30_001 }, { lease_ms: 1 }, { worker: { id: '' } }])
        refused(await peer.ask('POST', '/worker/lease', peer.request(bad)), 400, 'bad_request')
    },
  },
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

export const cases: Case[] = [...leaseCases, ...beatCases, ...wordCases]
