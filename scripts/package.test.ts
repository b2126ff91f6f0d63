// The published shape: the launcher, and the package.json that the build derives.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { publishedManifest } from './manifest.ts'
import { sourcePathsLeft } from './source-paths.ts'

const source = resolve(import.meta.dirname, '../packages/waybill')
const launcher = join(source, 'bin/waybill.cjs')

test.each(['12.22.12', '20.19.0', '22.22.0', '24.14.9', '25.9.0'])(
  'the launcher refuses Node %s in one line',
  (version) => {
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' }); require(${JSON.stringify(launcher)})`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', pretend], { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toBe(`waybill: Node ${version} is not supported; use 24.15 or newer of 24, or 26 and newer.\n`)
  },
)

test('the published package.json points at built files and leaves the workspace out', () => {
  const manifest = publishedManifest(readFileSync(join(source, 'package.json'), 'utf8'))
  expect(manifest).toMatchObject({
    name: 'waybill',
    bin: { waybill: './bin/waybill.cjs' },
    sideEffects: ['./element/index.js'],
    imports: { '#cli': './cli/main.js' },
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './react': { types: './react/index.d.ts', default: './react/index.js' },
      './element': { types: './element/index.d.ts', default: './element/index.js' },
      './engines/*': { types: './engines/*/index.d.ts', default: './engines/*/index.js' },
    },
  })
  expect(JSON.stringify(manifest)).not.toMatch(/\.\/src\/|(?<!\.d)\.ts"|"private"|devDependencies/)
})

test('a compiled file that still names a source is found', () => {
  const dist = mkdtempSync(join(tmpdir(), 'waybill-dist-'))
  mkdirSync(join(dist, 'worker'))
  writeFileSync(join(dist, 'worker/pool.js'), "// './in-a-comment.ts'\nnew URL('./thread.ts', import.meta.url)\n")
  writeFileSync(join(dist, 'index.js'), "import './worker/pool.js'\n")
  expect(sourcePathsLeft(dist)).toEqual(["worker/pool.js names './thread.ts'"])
  rmSync(dist, { recursive: true })
})
