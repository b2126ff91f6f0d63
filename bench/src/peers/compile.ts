// The parts as JavaScript beside a compiled Waybill, as its users run it: stripping types in memory, as a checkout does,
// costs each process time and tens of megabytes that no peer pays.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const workspace = fileURLToPath(new URL('../../..', import.meta.url))
const sources = join(workspace, 'bench/src')
const engineSources = join(workspace, 'packages/waybill/src')

export interface Compiled {
  /** The compiled actor.ts. */
  program: string
  remove(): void
}

/** Inside `bench/`, so that the peers are found. */
export function compile(): Compiled {
  const out = mkdtempSync(join(workspace, 'bench/.compiled-'))
  compileWaybill(join(out, 'node_modules/waybill'))
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }')
  for (const file of globSync(['peers/**/*.ts', 'figures.ts'], { cwd: sources })) strip(file, out)
  return { program: join(out, 'peers/actor.js'), remove: () => rmSync(out, { recursive: true }) }
}

function compileWaybill(out: string): void {
  const args = ['tsc', '-p', 'packages/waybill/tsconfig.build.json', '--outDir', out]
  const { status, stdout } = spawnSync('npx', args, { cwd: workspace, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the package does not compile: ${stdout}`)
  writeFileSync(
    join(out, 'package.json'),
    '{ "name": "waybill", "version": "0.0.0", "type": "module", "exports": "./index.js" }',
  )
  for (const file of globSync('**/*.{lua,sql}', { cwd: engineSources }))
    cpSync(join(engineSources, file), join(out, file))
}

function strip(file: string, out: string): void {
  const code = stripTypeScriptTypes(readFileSync(join(sources, file), 'utf8'))
  const target = join(out, file.replace(/\.ts$/, '.js'))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, code.replaceAll(/((?:from\s+|import\()'\.[^']*)\.ts'/g, "$1.js'"))
}
