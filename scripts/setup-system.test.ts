// The programs that tests need: silent when there, installed where that can be done, named and fatal in CI otherwise.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { programs } from './programs.ts'

const isRoot = process.getuid?.() === 0
// What is looked for by its path cannot be made up here; `npm test` has seen to it.
const names = programs.map(({ name }) => name).filter((name) => !isAbsolute(name))
let bin: string

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'waybill-bin-'))
})

afterEach(() => rmSync(bin, { recursive: true }))

function program(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`)
  chmodSync(join(bin, name), 0o755)
}

function setUp(ci: string): { status: number | null; stderr: string } {
  const script = join(import.meta.dirname, 'setup-system.ts')
  const { status, stderr } = spawnSync(process.execPath, [script], {
    env: { PATH: bin, CI: ci },
    encoding: 'utf8',
  })
  return { status, stderr }
}

test('says nothing when every program is there', () => {
  for (const name of names) program(name, '')
  expect(setUp('true')).toEqual({ status: 0, stderr: '' })
})

test('names the Debian package and what stays untested, and goes on', () => {
  program('chromium', '')
  const { status, stderr } = setUp('')
  expect(status).toBe(0)
  expect(stderr).toContain('epubcheck is missing (Debian: apt-get install epubcheck): not tested is')
})

test('Valkey is as good as Redis', () => {
  for (const name of names) program(name === 'redis-server' ? 'valkey-server' : name, '')
  expect(setUp('true').status).toBe(0)
})

test('fails in CI, where nothing may be skipped', () => {
  expect(setUp('true').status).toBe(1)
})

test.skipIf(!isRoot)('as root on Debian installs just what is missing (needs root)', () => {
  for (const name of names) if (name !== 'epubcheck') program(name, '')
  program(
    'apt-get',
    `echo "$@" >> ${bin}/calls\ncase "$*" in *install*) printf '#!/bin/sh\\n' > ${bin}/epubcheck; /bin/chmod +x ${bin}/epubcheck;; esac`,
  )
  const { status, stderr } = setUp('true')
  expect({ status, stderr }).toEqual({ status: 0, stderr: 'Installing epubcheck with apt-get (once).\n' })
})

test.skipIf(!isRoot)('shows what apt-get said when it fails (needs root)', () => {
  program('apt-get', 'echo "E: no network" >&2; exit 100')
  const { status, stderr } = setUp('true')
  expect(status).toBe(1)
  expect(stderr).toContain('E: no network')
})
