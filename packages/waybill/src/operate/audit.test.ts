// The audit: a ring that never grows past its size, and loses no entry to another writer.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aBench, type Bench } from '../waybill.fixture.ts'
import { auditHeadKind, auditKind } from './audit.ts'

let bench: Bench
beforeEach(async () => {
  bench = await aBench()
})
afterEach(() => bench.close())

const ann = { name: 'key ann', userId: 'ann' }
const audit = () => bench.parts.operate.audit

test('of writers at the same time each has its own entry', async () => {
  await Promise.all(Array.from({ length: 10 }, (_, i) => audit().record(ann, 'queue.pause', `q${i}`)))
  const entries = await audit().list(100)
  expect(entries.map(({ seq }) => seq)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  expect(new Set(entries.map(({ target }) => target)).size).toBe(10)
})

test('keeps the newest thousand', async () => {
  await bench.engine.putDoc(auditHeadKind, 'head', { seq: 998 }, 0)
  for (const target of ['x', 'y', 'z']) await audit().record(ann, 'queue.pause', target)
  await bench.engine.putDoc(auditHeadKind, 'head', { seq: 1_998 }, null)
  for (const target of ['a', 'b', 'c']) await audit().record(ann, 'queue.pause', target)
  expect(await bench.engine.docs(auditKind)).toHaveLength(3)
  expect((await audit().list(10)).map(({ seq, target }) => [seq, target])).toEqual([
    [2_001, 'c'],
    [2_000, 'b'],
    [1_999, 'a'],
  ])
})

test('a thing is not done when it cannot be recorded', async () => {
  await bench.engine.close()
  await expect(audit().record(ann, 'queue.pause', 'q')).rejects.toThrow(/./)
})
