// Holds: a name is had by one job at a time, until that job ends or for a time, and never by a job that was not stored.
import assert from 'node:assert/strict'
import { cancel, completed, retried } from '../../../job/decide.ts'
import type { Engine, Inserted, NewJob } from '../../engine.ts'
import type { Hold } from '../../hold.ts'
import { aClaim, aJob, decided, outcomeOf, recordOf, type Case } from '../subject.ts'

const hold = (more: Partial<Hold> = {}): Hold => ({ key: 'k', ms: null, instead: null, strict: false, ...more })
const holding = (id: string, more: Partial<Hold> = {}, rest: Partial<NewJob> = {}): NewJob =>
  aJob({ id }, { holds: [hold(more)], ...rest })
const outcomes = (answers: Inserted[]) => answers.map(({ outcome, id }) => [outcome, id])

async function insertOne(engine: Engine, job: NewJob): Promise<Inserted['outcome'] | undefined> {
  return (await engine.insert([job]))[0]?.outcome
}

export const holdCases: Case[] = [
  {
    name: 'a hold is had by one job: the next one is answered its id, and is not stored',
    async run({ engine }) {
      const answers = await engine.insert([holding('a'), holding('b'), holding('c', { key: 'other' })])
      assert.deepEqual(answers[1], { outcome: 'held', id: 'a', key: 'k' })
      assert.deepEqual(await engine.insert([holding('d')]), [{ outcome: 'held', id: 'a', key: 'k' }])
      assert.deepEqual(outcomes(answers), [
        ['created', 'a'],
        ['held', 'a'],
        ['created', 'c'],
      ])
      assert.deepEqual(await engine.get(['b', 'd']), [null, null])
    },
  },
  {
    name: 'a hold stands while its job is scheduled, pending and running, and goes with its end',
    async run({ engine }) {
      await engine.insert([holding('later', { key: 'l' }, { delayMs: 9_000 }), holding('a')])
      assert.equal(await insertOne(engine, holding('x', { key: 'l' })), 'held')
      const { jobs, fence } = await engine.claim(aClaim())
      assert.equal(await insertOne(engine, holding('x')), 'held')
      await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
      assert.equal(await insertOne(engine, holding('b')), 'created')
      assert.equal(await outcomeOf(engine, decided(cancel(await recordOf(engine, 'later')))), 'applied')
      assert.equal(await insertOne(engine, holding('c', { key: 'l' })), 'created')
    },
  },
  {
    name: 'a job that is retried has its hold again, unless another took it meanwhile',
    async run({ engine }) {
      await engine.insert([holding('a')])
      await engine.apply([decided(cancel(await recordOf(engine, 'a')))])
      await engine.apply([decided(retried(await recordOf(engine, 'a')))])
      assert.equal(await insertOne(engine, holding('b')), 'held')
    },
  },
  {
    name: 'a hold for a time stands so long, whatever becomes of its job',
    async run({ engine, advance }) {
      await engine.insert([holding('a', { ms: 60_000 })])
      await engine.apply([decided(cancel(await recordOf(engine, 'a')))])
      advance(59_000)
      assert.equal(await insertOne(engine, holding('b', { ms: 60_000 })), 'held')
      advance(1_000)
      assert.equal(await insertOne(engine, holding('c', { ms: 60_000 })), 'created')
    },
  },
  {
    name: 'a hold is taken from the job named instead, and from no other',
    async run({ engine }) {
      await engine.insert([holding('a')])
      assert.deepEqual(outcomes(await engine.insert([holding('b', { instead: 'x' })])), [['held', 'a']])
      assert.equal(await insertOne(engine, holding('b', { instead: 'a' })), 'created')
      assert.deepEqual(outcomes(await engine.insert([holding('c', { instead: 'a' })])), [['held', 'b']])
    },
  },
  {
    name: 'of several holds the first that stands answers, and none is taken',
    async run({ engine }) {
      await engine.insert([holding('a', { key: 'one' })])
      const both = aJob({ id: 'b' }, { holds: [hold({ key: 'two' }), hold({ key: 'one' })] })
      assert.deepEqual(await engine.insert([both]), [{ outcome: 'held', id: 'a', key: 'one' }])
      assert.equal(await insertOne(engine, holding('c', { key: 'two' })), 'created')
    },
  },
  {
    name: 'a job that was refused leaves no hold behind, and one that is held needs no room',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'taken' })])
      assert.equal(await insertOne(engine, holding('taken')), 'id_taken')
      assert.equal(await insertOne(engine, holding('full', {}, { maxPending: 1 })), 'queue_full')
      await engine.insert([holding('x'), aJob({ id: 'taken' })], { atomic: true })
      assert.equal(await insertOne(engine, holding('a')), 'created')
      assert.equal(await insertOne(engine, holding('b', {}, { maxPending: 1 })), 'held')
    },
  },
  {
    name: 'an atomic batch is stored beside a hold that stands, and refused by a strict one',
    async run({ engine }) {
      await engine.insert([holding('a')])
      const soft = await engine.insert([aJob({ id: 'b' }), holding('x')], { atomic: true })
      assert.deepEqual(outcomes(soft), [
        ['created', 'b'],
        ['held', 'a'],
      ])
      const strict = await engine.insert([aJob({ id: 'c' }), holding('y', { strict: true })], { atomic: true })
      assert.deepEqual(outcomes(strict), [
        ['not_stored', 'c'],
        ['held', 'a'],
      ])
      assert.deepEqual(await engine.get(['c', 'x', 'y']), [null, null, null])
    },
  },
  {
    name: 'a sweep leaves the holds of living jobs, however old',
    async run({ engine, advance }) {
      const days = 3 * 24 * 3_600_000
      await engine.insert([holding('a', {}, { delayMs: 10 * days }), holding('b', { key: 'b' })])
      await engine.apply([decided(cancel(await recordOf(engine, 'b')))])
      advance(days)
      await engine.purge(100)
      advance(days)
      await engine.purge(100)
      assert.equal(await insertOne(engine, holding('c')), 'held')
      assert.equal(await insertOne(engine, holding('b2', { key: 'b' })), 'created')
    },
  },
  {
    name: 'of a hundred jobs that want one hold at the same time, through two handles, one is stored',
    needs: 'another',
    async run({ engine, another }) {
      const other = another ? await another() : engine
      const wanted = Array.from({ length: 100 }, (_, i) => (i % 2 ? engine : other).insert([holding(`j${i}`)]))
      const answers = (await Promise.all(wanted)).flat()
      const created = answers.filter(({ outcome }) => outcome === 'created')
      assert.equal(created.length, 1)
      assert.equal(new Set(answers.map(({ id }) => id)).size, 1)
    },
  },
]
