// What is probably not meant is told, in one sentence, and never repeats a secret.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unknownVariables, weakSecrets } from './doubts.ts'

test('a variable that looks like ours and is none is named, with what may have been meant', () => {
  const env = { WAYBILL_CONCURENCY: '3', WAYBILL_TEST_PG_URL: 'x', WAYBILL_API_KEYS_FILE: 'x', PATH: 'x' }
  expect(unknownVariables(env, '/nowhere')).toEqual([
    'WAYBILL_CONCURENCY is set, but this version has no such setting. Did you mean "WAYBILL_CONCURRENCY"?',
  ])
})

test('so is one in .env', () => {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-doubts-'))
  writeFileSync(join(dir, '.env'), 'WAYBILL_QUEUE=a\n')
  expect(unknownVariables({}, dir)).toEqual([expect.stringContaining('Did you mean "WAYBILL_QUEUES"?')])
  rmSync(dir, { recursive: true })
})

test('short keys and secrets are told of, long ones are not', () => {
  expect(weakSecrets({ apiKeys: ['hunter2'], tokenSecret: 'ä'.repeat(15) })).toEqual([
    expect.stringContaining('fewer than 20 characters'),
    expect.stringContaining('fewer than 32 bytes'),
  ])
  expect(weakSecrets({ apiKeys: ['x'.repeat(20)], tokenSecret: 'ä'.repeat(16) })).toEqual([])
})
