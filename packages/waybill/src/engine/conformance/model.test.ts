// The suite against the model itself, and its teeth: a model without one of its guards must be found out.
import { expect, test } from 'vitest'
import { conformance, randomLives, type Subject } from './index.ts'
import { ModelEngine, type Guard } from './model.ts'

async function open(without: Guard | null = null): Promise<Subject> {
  let now = 1_800_000_000_000
  const engine = new ModelEngine(() => now, without)
  return { engine, advance: (ms) => void (now += ms), close: () => engine.close() }
}

conformance({ name: 'model', open, test })

const guards: Guard[] = ['fence', 'expiry', 'cancel flag', 'claim replay', 'idempotency', 'held', 'rev', 'retention']

test.each(guards)('an engine without the guard "%s" is found out', async (guard) => {
  const failures: string[] = []
  const tests: Promise<void>[] = []
  conformance({
    name: 'toothless',
    open: () => open(guard),
    test: (name, run) => void tests.push(run().catch(() => void failures.push(name))),
  })
  await Promise.all(tests)
  expect(failures).not.toEqual([])
})

test.each(['fence', 'claim replay', 'idempotency', 'rev'] as const)(
  'random lives alone find out an engine without "%s"',
  async (guard) => {
    await expect(randomLives(() => open(guard), 200)).rejects.toThrow()
  },
)
