// What keeps an isolated worker from starting is said when it starts, or before.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { defineJob } from '../../index.ts'
import { aBench } from '../../waybill.fixture.ts'
import { module } from './isolation.fixture.ts'

const dir = mkdtempSync(join(tmpdir(), 'waybill-modules-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const elsewhere = defineJob({ type: 'elsewhere', run: () => null })
const index = new URL('../../index.ts', import.meta.url).href

function written(name: string, text: string): URL {
  const file = join(dir, name)
  writeFileSync(file, text)
  return pathToFileURL(file)
}

test.each(['thread', 'process'] as const)('without a module, isolate "%s" is refused', async (isolate) => {
  const bench = await aBench({ jobs: [elsewhere] })
  expect(() => bench.waybill.worker({ isolate })).toThrow("module: new URL('./jobs.js', import.meta.url)")
  await bench.close()
})

test.each([
  ['that is not there', () => new URL('./nowhere.ts', module), /nowhere\.ts: .*Cannot find module/],
  ['that throws', () => written('throws.mjs', 'throw new Error("no database")'), /cannot use .*: Error: no database/],
  ['that ends its process', () => written('exits.mjs', 'process.exit(3)'), /exited with code 3/],
  ['without the job', () => module, /it does not export the jobs elsewhere; export each, or a list/],
  [
    'that starts a worker itself',
    () => written('starts.mjs', `import { createWaybill } from '${index}'\nawait createWaybill().worker().start()`),
    /must not start a worker/,
  ],
] as const)('a module %s is refused when the worker starts', async (_, where, words) => {
  const bench = await aBench({ jobs: [elsewhere] })
  await expect(bench.waybill.worker({ isolate: 'process', module: where() }).start()).rejects.toThrow(words)
  await bench.close()
})

test.each([
  ['each by itself', 'export const other = 1\nexport const one = job'],
  ['in a list', 'export const all = [job]'],
  ['as a config file does', 'export default { jobs: [job], concurrency: 4 }'],
])('a module may export its jobs %s', async (_, exported) => {
  const defined = `import { defineJob } from '${index}'\nconst job = defineJob({ type: 'elsewhere', run: () => 'there' })\n`
  const bench = await aBench({ jobs: [elsewhere] })
  const worker = bench.waybill.worker({ isolate: 'thread', module: written(`${_[0]}.mjs`, defined + exported) })
  await worker.start()
  expect(await bench.waybill.result(await bench.waybill.enqueue(elsewhere, null))).toBe('there')
  await bench.close()
})
