// The suite against the model itself, and its teeth: an engine without one of its guards must be found out.
import { expect, test } from 'vitest'
import { conformance, randomLives } from './index.ts'
import { openModel } from './model.fixture.ts'
import { mutants } from './mutants.fixture.ts'
import type { ModelEngine } from './model.ts'

conformance({ name: 'model', open: openModel, test })

async function failuresOf(Kind: typeof ModelEngine): Promise<string[]> {
  const failures: string[] = []
  const runs: (() => Promise<void>)[] = []
  const declare = (name: string, run: () => Promise<void>) =>
    void runs.push(() => run().catch(() => void failures.push(name)))
  conformance({ name: 'toothless', open: () => openModel(Kind), test: declare, skip: { [lives]: 'looked at apart' } })
  for (const run of runs) await run()
  return failures
}

const lives = 'random lives go as they go for the model'

test.each(Object.entries(mutants))('an engine without %s fails a case of the suite', async (_, Kind) => {
  expect(await failuresOf(Kind)).not.toEqual([])
})

test.each(Object.entries(mutants))('random lives alone find out an engine without %s', async (_, Kind) => {
  await expect(randomLives(() => openModel(Kind), { runs: 1_000, seed: 7, shrink: false })).rejects.toThrow('command')
})

test('a seed replays the same life, to the letter of its failure', async () => {
  const fails = () =>
    randomLives(() => openModel(mutants['held jobs']), { runs: 300, seed: 11 }).then(
      () => '',
      (error: unknown) => String(error),
    )
  const first = (await fails()).split('\n    at ')[0]
  expect(first).toContain('seed: 11')
  expect((await fails()).split('\n    at ')[0]).toBe(first)
})

test('a skip must name a case, and says its reason in the title', () => {
  const titles: string[] = []
  const declare = (name: string) => void titles.push(name)
  expect(() => conformance({ name: 'x', open: openModel, test: declare, skip: { nothing: 'why' } })).toThrow('nothing')
  conformance({ name: 'x', open: openModel, test: declare, skip: { [lives]: 'no time' } })
  expect(titles).toContain(`x: ${lives} (skipped: no time)`)
})
