// What limits of users owe on every engine: never exceeded, whoever asks at once, whichever process dies, and nothing charged
// for what was not stored. Run by one test file an engine.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isGone, type Engine } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engines/registry.ts'
import { aClaim } from '../../src/engine/jobs.fixture.ts'
import { defineJob } from '../../src/index.ts'
import { cancel, completed } from '../../src/job/decide.ts'
import { WaybillError } from '../../src/job/errors.ts'
import { defaultPolicy } from '../../src/job/policy.ts'
import type { QuotaError } from '../../src/job/quota-error.ts'
import { tiersOf } from '../../src/job/tier.ts'
import { newId } from '../../src/lib/ids.ts'
import { Batches } from '../../src/submit/batches.ts'
import { Control } from '../../src/submit/control.ts'
import { quotaKind } from '../../src/submit/quotas.ts'
import type { SubmitRequest, Submitted } from '../../src/submit/request.ts'
import { Submit } from '../../src/submit/submit.ts'
import { refusal } from '../../src/waybill.fixture.ts'
import { withVerb } from '../../src/worker/worker.fixture.ts'
import { heard, isReady } from '../faults/cast.fixture.ts'
import type { Store } from '../foreign/stores.fixture.ts'

const program = fileURLToPath(new URL('./program.fixture.ts', import.meta.url))
const dayMs = 86_400_000
const minuteMs = 60_000
const plain = defineJob({ type: 'plain', run: () => null })
const jobs = new Map([[plain.type, plain]])
const tiers = tiersOf({
  free: { perDay: 5 },
  slow: { perMinute: 2 },
  few: { active: 2 },
  both: { perDay: 5, active: 2 },
  paid: {},
})

let store: Store
let offset = 0
let opened: Engine[] = []

/** One process: its own way into the store, its own memory. The test is its clock. */
interface Hand {
  engine: Engine
  submit: Submit
  batches: Batches
  control: Control
}

async function aHand(): Promise<Hand> {
  const engine = await openEngine(store.url, { clockOffset: () => offset })
  await engine.migrate()
  opened.push(engine)
  return handOn(engine)
}

function handOn(engine: Engine, maxPending = 100_000): Hand {
  const control = new Control(engine, jobs)
  const submit = new Submit({ engine, control, jobs, policy: defaultPolicy, maxPending, newId, tiers })
  return { engine, submit, control, batches: new Batches({ engine, submit, control, newId }) }
}

const request = (more: Partial<SubmitRequest> = {}): SubmitRequest => ({
  type: 'plain',
  input: null,
  userId: 'ann',
  tier: 'free',
  ...more,
})
const submit = (hand: Hand, more?: Partial<SubmitRequest>) => hand.submit.submit(request(more))
const submitSome = (hand: Hand, count: number, more?: Partial<SubmitRequest>) =>
  hand.submit.submitMany(Array.from({ length: count }, () => request(more)))

const stored = async ({ engine }: Hand) => (await engine.list({ filter: {}, limit: 200 })).records
const leftOf = ({ standings = [] }: Submitted | QuotaError) => standings.map(({ left }) => left)

/** How many of these were stored, and the codes of the others. */
async function tally(answers: Promise<Submitted>[]): Promise<{ stored: number; codes: string[] }> {
  const settled = await Promise.allSettled(answers)
  const codes = settled.flatMap((one) => (one.status === 'rejected' ? codeOf(one.reason) : []))
  return { stored: settled.length - codes.length, codes: [...new Set(codes)] }
}

function codeOf(reason: unknown): string {
  return reason instanceof WaybillError ? reason.code : String(reason)
}

async function endAll({ engine }: Hand): Promise<void> {
  for (let i = 0; (await engine.count({ status: ['pending'] })).pending > 0; i++) {
    const { jobs: claimed, fence } = await engine.claim(aClaim({ max: 100, claimId: `claim-${i}` }))
    await engine.apply(claimed.map(({ record }) => completed(record, fence, null)))
  }
}

async function aProcess(count: number): Promise<ChildProcess> {
  const child = fork(program, [store.url, String(count)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await isReady(child)
  return child
}

/** Once it has ended. */
async function storedBy(child: ChildProcess): Promise<number> {
  const exit = once(child, 'exit')
  let count = Number.NaN
  await heard(child, (message) => {
    if (typeof message === 'object' && message !== null && 'stored' in message) count = Number(message.stored)
    return !Number.isNaN(count)
  })
  await exit
  return count
}

/** To the middle of the next day, UTC: no test meets a midnight by chance. */
const toNoon = () => (offset = dayMs * (Math.floor(Date.now() / dayMs) + 1.5) - Date.now())

/** A process whose store goes away at `verb`: before it takes effect, or only its answer is lost. */
const failingAt = ({ engine }: Hand, verb: 'insert' | 'putDoc', takesEffect: boolean) =>
  handOn(
    withVerb(engine, verb, async (...args: unknown[]) => {
      if (takesEffect) await Reflect.apply(engine[verb], engine, args)
      throw new WaybillError('engine_unavailable', 'the store is away')
    }),
  )

export function quotasOn(aStore: () => Promise<Store>): void {
  beforeEach(async () => {
    toNoon()
    opened = []
    store = await aStore()
  })
  afterEach(async () => {
    await Promise.all(opened.map((engine) => engine.close()))
    await store.drop()
  })

  describe('limits hold', () => {
    test('a hundred submits at once by two processes: exactly five are stored, the others are told why', async () => {
      const hands = await Promise.all([aHand(), aHand()])
      const [one, two] = hands
      const all = Array.from({ length: 100 }, (_, i) => submit(i % 2 === 0 ? one : two))
      expect(await tally(all)).toEqual({ stored: 5, codes: ['quota_exceeded'] })
      expect(await stored(one)).toHaveLength(5)
    })

    test('a hundred by two processes of the system: five', async () => {
      const children = await Promise.all([aProcess(50), aProcess(50)])
      const said = children.map((child) => storedBy(child))
      for (const child of children) child.send('go')
      expect((await Promise.all(said)).reduce((sum, one) => sum + one, 0)).toBe(5)
      expect(await stored(await aHand())).toHaveLength(5)
    }, 60_000)

    test('of unfinished jobs, too, and an end makes room in another process', async () => {
      const [one, two] = await Promise.all([aHand(), aHand()])
      const all = Array.from({ length: 20 }, (_, i) => submit(i % 2 === 0 ? one : two, { tier: 'few' }))
      expect(await tally(all)).toEqual({ stored: 2, codes: ['too_many_active'] })
      await endAll(one)
      const more = [submit(two, { tier: 'few' }), submit(two, { tier: 'few' }), submit(two, { tier: 'few' })]
      expect(await tally(more)).toEqual({ stored: 2, codes: ['too_many_active'] })
    })

    test('a job that was cancelled, or is gone altogether, is not active', async () => {
      const hand = await aHand()
      const { record } = await submit(hand, { tier: 'few', retentionMs: 0 })
      const other = await submit(hand, { tier: 'few' })
      const change = cancel(record)
      await hand.engine.apply(change ? [change] : [])
      await hand.engine.purge(10, record.id)
      const [gone] = await hand.engine.get([record.id])
      expect(isGone(gone ?? null)).toBe(true)
      expect(leftOf(await submit(hand, { tier: 'few' }))).toEqual([0])
      await hand.control.cancel(other.record.id)
      expect(leftOf(await submit(hand, { tier: 'few' }))).toEqual([0])
    })

    test('a job that is about to run again is active already', async () => {
      const hand = await aHand()
      const { record } = await submit(hand, { tier: 'few' })
      await endAll(hand)
      const [ended] = await stored(hand)
      await hand.submit.quotas.rerun({ record: ended ?? record, tier: 'few' }, async () => {
        expect(leftOf(await submit(hand, { tier: 'few' }))).toEqual([0])
        await hand.control.retry(record.id)
      })
      await refusal(submit(hand, { tier: 'few' }), 'too_many_active')
    })

    test('to the last millisecond of the day, and not into the next', async () => {
      const hand = await aHand()
      await submitSome(hand, 5)
      offset = dayMs * (Math.floor((Date.now() + offset) / dayMs) + 1) - Date.now() - 2_000
      const error = await refusal(submit(hand), 'quota_exceeded')
      expect(error.retryAfter).toBeLessThanOrEqual(3)
      offset += 4_000
      expect(leftOf(await submit(hand))).toEqual([4])
    })

    test('for a minute', async () => {
      const hand = await aHand()
      await submitSome(hand, 2, { tier: 'slow' })
      const error = await refusal(submit(hand, { tier: 'slow' }), 'rate_limited')
      expect(error.retryAfter).toBeLessThanOrEqual(60)
      offset += minuteMs
      expect(leftOf(await submit(hand, { tier: 'slow' }))).toEqual([1])
    })

    test('for each user by himself', async () => {
      const hand = await aHand()
      await submitSome(hand, 5)
      await refusal(submit(hand), 'quota_exceeded')
      expect(leftOf(await submit(hand, { userId: 'bob' }))).toEqual([4])
    })
  })

  describe('only what was stored is charged', () => {
    test('a replay answers the job that exists, also when nothing is left', async () => {
      const hand = await aHand()
      const again = { idempotency: { key: 'k', scope: 's' } }
      const { record } = await submit(hand, again)
      await submit(hand, again)
      const rest = await submitSome(hand, 4)
      expect(rest.every((one) => 'record' in one)).toBe(true)
      expect(await submit(hand, again)).toMatchObject({ record: { id: record.id }, replayed: true })
      await refusal(submit(hand, { idempotency: { key: 'another', scope: 's' } }), 'quota_exceeded')
    })

    test('a hundred with one key at once are one job and one unit, and none is told that nothing is left', async () => {
      const hands = await Promise.all([aHand(), aHand()])
      const [one, two] = hands
      const again = { idempotency: { key: 'k', scope: 's' } }
      const all = Array.from({ length: 100 }, (_, i) => submit(i % 2 === 0 ? one : two, again))
      const { codes } = await tally(all)
      expect(codes.filter((code) => code !== 'idempotency_in_progress')).toEqual([])
      expect(await stored(one)).toHaveLength(1)
      expect(await submit(two, again)).toMatchObject({ replayed: true })
      expect(leftOf(await submit(one))).toEqual([3])
    })

    test('sent again while the first is being stored and nothing is left: that is told, and then the job', async () => {
      const hand = await aHand()
      await submitSome(hand, 4)
      const [asked, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const slow = handOn(
        withVerb(hand.engine, 'insert', async (...args) => {
          asked.resolve()
          await go.promise
          return hand.engine.insert(...args)
        }),
      )
      const again = { idempotency: { key: 'k', scope: 's' } }
      const first = submit(slow, again)
      await asked.promise
      await refusal(submit(hand, again), 'idempotency_in_progress')
      go.resolve()
      const { record } = await first
      expect(await submit(hand, again)).toMatchObject({ record: { id: record.id }, replayed: true })
    })

    test('a user who has risen to another tier is answered by the keys of before', async () => {
      const hand = await aHand()
      const again = { idempotency: { key: 'k', scope: 's' } }
      const { record } = await submit(hand, again)
      expect(await submit(hand, { ...again, tier: 'paid' })).toMatchObject({
        record: { id: record.id },
        replayed: true,
      })
    })

    test('a job that has the unique key answers, also when nothing is left', async () => {
      const hand = await aHand()
      const { record } = await submit(hand, { unique: { key: 'k' } })
      await submit(hand, { unique: { key: 'k' } })
      await submitSome(hand, 4)
      expect(await submit(hand, { unique: { key: 'k' } })).toMatchObject({ record: { id: record.id } })
      await refusal(submit(hand, { unique: { key: 'k', onConflict: 'replace' } }), 'quota_exceeded')
    })

    test('a result that is reused costs nothing', async () => {
      const hand = await aHand()
      const reuse = { reuseResult: { maxAgeMs: minuteMs } }
      await submit(hand, reuse)
      await endAll(hand)
      expect(await submit(hand, reuse)).toMatchObject({ instead: 'reused' })
      expect(leftOf(await submit(hand))).toEqual([3])
    })

    test('what the queue has no room for is given back', async () => {
      const hand = await aHand()
      const full = handOn(hand.engine, 1)
      await submit(full)
      await refusal(submit(full), 'queue_full')
      expect(leftOf(await submit(hand))).toEqual([3])
    })

    test('an id that is taken is given back, and the job that has it stays charged', async () => {
      const hand = await aHand()
      await submit(hand, { tier: 'both', jobId: 'mine' })
      await refusal(submit(hand, { tier: 'both', jobId: 'mine' }), 'job_id_conflict')
      expect(leftOf(await submit(hand, { tier: 'both' }))).toEqual([3, 0])
    })

    test('nothing is written for a refused one', async () => {
      const hand = await aHand()
      await submitSome(hand, 5)
      const [before] = await hand.engine.docs(quotaKind, 'ann')
      await refusal(submit(hand), 'quota_exceeded')
      expect(await hand.engine.docs(quotaKind, 'ann')).toEqual([before])
      expect(await stored(hand)).toHaveLength(5)
    })

    test('users of a tier without limits have no ledger', async () => {
      const hand = await aHand()
      await submit(hand, { tier: 'paid' })
      expect(await hand.engine.docs(quotaKind)).toEqual([])
    })
  })

  describe('batches', () => {
    test('all or none: six jobs of a user with five are refused, and none is charged', async () => {
      const hand = await aHand()
      const batch = (count: number) =>
        hand.batches.submit({
          jobs: Array.from({ length: count }, () => request()),
          atomic: true,
          userId: 'ann',
          name: null,
          onFinish: null,
          idempotency: { key: `${count}`, scope: 's' },
        })
      const error = await refusal(batch(6), 'quota_exceeded')
      expect(error.message).toContain('6 were asked for at once')
      const { batchId } = await batch(5)
      expect(await batch(5)).toMatchObject({ batchId, answers: Array.from({ length: 5 }, () => ({ replayed: true })) })
      await refusal(batch(1), 'quota_exceeded')
      expect(await stored(hand)).toHaveLength(5)
    })

    test('each on its own: as many as there are units, the others are refused one by one', async () => {
      const hand = await aHand()
      const answers = await submitSome(hand, 7)
      expect(answers.map((one) => ('record' in one ? 'stored' : one.code))).toEqual([
        ...Array.from({ length: 5 }, () => 'stored'),
        ...Array.from({ length: 2 }, () => 'quota_exceeded'),
      ])
    })

    test('what runs after a batch is a job of the day, also for a batch none of whose jobs was stored', async () => {
      const hand = await aHand()
      const batch = (jobsOfIt: SubmitRequest[]) =>
        hand.batches.submit({
          jobs: jobsOfIt,
          atomic: false,
          userId: 'ann',
          tier: 'free',
          name: null,
          onFinish: { type: 'plain', input: null },
          idempotency: null,
        })
      await batch([request(), request(), request()])
      await batch([])
      await refusal(batch([]), 'quota_exceeded')
      offset += minuteMs + 1
      expect(await refusal(submit(hand), 'quota_exceeded')).toMatchObject({ standings: [{ left: 0 }] })
    })
  })

  describe('when something fails', () => {
    test('a submitter that dies before it stored: its unit comes back after a minute', async () => {
      const hand = await aHand()
      await Promise.allSettled([submit(failingAt(hand, 'insert', false), { tier: 'both' })])
      expect(leftOf(await submit(hand, { tier: 'both' }))).toEqual([3, 0])
      offset += minuteMs
      expect(leftOf(await submit(hand, { tier: 'both' }))).toEqual([3, 0])
    })

    test('the answer of the store is lost after it stored: the job is charged', async () => {
      const hand = await aHand()
      await refusal(submit(failingAt(hand, 'insert', true), { tier: 'both' }), 'engine_unavailable')
      offset += 2 * minuteMs
      expect(leftOf(await submit(hand, { tier: 'both' }))).toEqual([3, 0])
    })

    test('the ledger cannot be written: nothing is stored', async () => {
      const hand = await aHand()
      await refusal(submit(failingAt(hand, 'putDoc', false)), 'engine_unavailable')
      expect(await stored(hand)).toEqual([])
    })

    test('ledgers are forgotten once they say nothing', async () => {
      const hand = await aHand()
      await submit(hand, { tier: 'both' })
      await endAll(hand)
      await hand.submit.quotas.sweep()
      expect(await hand.engine.docs(quotaKind)).toHaveLength(1)
      offset += dayMs
      await hand.submit.quotas.sweep()
      expect(await hand.engine.docs(quotaKind)).toEqual([])
    })
  })
}
