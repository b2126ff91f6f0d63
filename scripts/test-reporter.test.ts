// The summary line against real runs of vitest: last, alone, and honest about files that do not load.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const workspace = resolve(import.meta.dirname, '..')
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-reporter-'))
  symlinkSync(join(workspace, 'node_modules'), join(folder, 'node_modules'))
  const reporter = join(workspace, 'scripts/test-reporter.ts')
  writeFileSync(
    join(folder, 'vitest.config.mjs'),
    `export default { test: { reporters: ['default', ${JSON.stringify(reporter)}] } }\n`,
  )
})

afterEach(() => rmSync(folder, { recursive: true }))

function lastLine(tests: Record<string, string>): string | undefined {
  for (const [name, body] of Object.entries(tests)) {
    writeFileSync(join(folder, `${name}.test.mjs`), `import { beforeAll, test, describe } from 'vitest'\n${body}\n`)
  }
  const { stdout } = spawnSync(join(workspace, 'node_modules/.bin/vitest'), ['run'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return stdout.trimEnd().split('\n').at(-1)
}

test('counts what passed, failed and was skipped, in nested suites too', () => {
  const body = `
    test('yes', () => {})
    describe('inner', () => { test('no', () => { throw new Error('no') }); test.skip('later', () => {}); test.todo('some day') })`
  expect(lastLine({ mixed: body })).toBe('1 passed, 1 failed, 2 skipped')
})

test('a file that does not load counts as failed', () => {
  expect(lastLine({ fine: "test('yes', () => {})", broken: "throw new Error('at load')" })).toBe(
    '1 passed, 1 failed, 0 skipped',
  )
})

test('a broken hook counts as failed, and its tests as not run', () => {
  const body = "beforeAll(() => { throw new Error('no database') })\ntest('yes', () => {})"
  expect(lastLine({ hook: body })).toBe('0 passed, 1 failed, 1 skipped')
})

test('an error outside every test counts as failed', () => {
  const body =
    "test('yes', async () => { Promise.reject(new Error('nobody waits')); await new Promise((r) => setImmediate(r)) })"
  expect(lastLine({ stray: body })).toBe('1 passed, 1 failed, 0 skipped')
})
