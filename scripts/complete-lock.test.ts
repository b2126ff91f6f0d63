// The lock file lists the packages of every platform, whatever the registry at hand carries.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('adds the platform packages that are missing, once, beside the package that asks for them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-lock-'))
  const file = join(folder, 'package-lock.json')
  const tool = {
    version: '2.0.0',
    dev: true,
    optionalDependencies: { '@t/cli-win32-x64': '2.0.0', '@t/cli-linux-x64': '2.0.0', pretty: '1.0.0' },
  }
  const linux = { version: '2.0.0', integrity: 'sha512-x', optional: true }
  writeFileSync(
    file,
    JSON.stringify({ packages: { 'node_modules/tool': tool, 'node_modules/@t/cli-linux-x64': linux } }),
  )
  expect([complete(file), complete(file)]).toEqual([
    'lock: 1 platform packages added\n',
    'lock: 0 platform packages added\n',
  ])
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    packages: {
      'node_modules/tool': tool,
      'node_modules/@t/cli-linux-x64': linux,
      'node_modules/@t/cli-win32-x64': {
        version: '2.0.0',
        cpu: ['x64'],
        dev: true,
        optional: true,
        os: ['win32'],
      },
    },
  })
  rmSync(folder, { recursive: true })
})

function complete(file: string): string {
  return spawnSync(process.execPath, [join(import.meta.dirname, 'complete-lock.ts'), file], {
    encoding: 'utf8',
  }).stdout
}
