// `npm run build [-- PACKAGE]`: writes packages/waybill/dist, a complete package ready to publish, and proves it:
// compile → copy → bundle → describe → pack → publint → attw. Nothing else in the checkout needs a build.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { publishedManifest } from './manifest.ts'
import { deadLinks, shipDocs } from './shipped-docs.ts'
import { sourcePathsLeft } from './source-paths.ts'

const workspace = resolve(import.meta.dirname, '..')
const source = resolve(process.argv[2] ?? join(workspace, 'packages/waybill'))
const dist = join(source, 'dist')

compile()
copyTheRest()
bundleElement()
describe()
refuseSourcePaths()
prove()

function compile(): void {
  rmSync(dist, { recursive: true, force: true })
  run('tsc', ['-p', join(source, 'tsconfig.build.json')])
}

// What tsc leaves behind: the launcher, the texts, and files that sources read (Lua, SQL, pages).
function copyTheRest(): void {
  const isAsset = (path: string) => !/\.tsx?$/.test(path)
  cpSync(join(source, 'src'), dist, { recursive: true, filter: isAsset })
  cpSync(join(source, 'bin'), join(dist, 'bin'), { recursive: true })
  chmodSync(join(dist, 'bin/waybill.cjs'), 0o755)
  shipDocs(workspace, dist)
}

// For pages without a bundler: <waybill-progress> and all it needs as one module, to be served as it is.
function bundleElement(): void {
  if (!existsSync(join(dist, 'element'))) return // another package's build, in the tests
  const output = ['--file', join(dist, 'waybill-element.js'), '--format', 'es', '--minify', '--platform', 'browser']
  run('rolldown', [join(dist, 'element/index.js'), ...output])
}

function describe(): void {
  const manifest = publishedManifest(readFileSync(join(source, 'package.json'), 'utf8'))
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

// tsc rewrites imports, but not `new URL('./thread.ts', import.meta.url)`: such a path would break when published.
function refuseSourcePaths(): void {
  for (const place of sourcePathsLeft(dist)) fail(`${place}; derive the extension from import.meta.url instead`)
  for (const link of deadLinks(dist)) fail(`${link}, which does not ship`)
}

function prove(): void {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-pack-'))
  try {
    run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, dist])
    const tarball = join(folder, `waybill-${versionOf(dist)}.tgz`)
    run('publint', ['run', '--strict', tarball])
    run('attw', [tarball, '--profile', 'esm-only', '--no-summary', '--format', 'ascii'])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function versionOf(folder: string): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return version
}

/** Prints what the program said only when it fails. */
function run(program: string, words: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    cwd: dirname(dist),
    encoding: 'utf8',
  })
  if (status !== 0) fail(`${program} failed:\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`)
}

function fail(why: string): never {
  console.error(`build: ${why}`)
  process.exit(1)
}
