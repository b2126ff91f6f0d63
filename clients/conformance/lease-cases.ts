// Taking jobs: what a lease brings, who gets it, what is refused.
import assert from 'node:assert/strict'
import type { Case } from './case.ts'
import { refused } from './wire.ts'

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
