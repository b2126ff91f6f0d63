// Memory of an idle worker process: started, its heartbeat running, nothing to do. As users run it: from the compiled
// package, since stripping types in memory, as a checkout does, costs Node tens of megabytes of its own.
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Bench } from './figures.ts'
import { place } from './place.ts'

const workspace = fileURLToPath(new URL('../..', import.meta.url))

const program = `
import { once } from 'node:events'
import { createWaybill, defineJob } from './index.js'
const waybill = createWaybill({ engine: process.argv[2], jobs: [defineJob({ type: 'noop', run: () => null })], logLevel: 'error' })
await waybill.worker().start()
process.send('ready')
await once(process, 'message')
await waybill.close()
process.disconnect?.()
`

export const idle: Bench = {
  name: 'idle',
  async run(size) {
    const where = place()
    const compiled = compile()
    const child = fork(`${compiled}/worker.js`, [where.url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    await once(child, 'message')
    await new Promise((settled) => setTimeout(settled, size === 'full' ? 3_000 : 100))
    const rss = residentBytes(child.pid ?? 0)
    child.send('stop')
    await once(child, 'exit')
    where.remove()
    rmSync(compiled, { recursive: true })
    return [{ name: 'idle worker, resident memory', value: rss / 1e6, unit: 'MB', target: { at: 'most', value: 90 } }]
  },
}

// Inside the workspace, so that the package's dependencies are found.
function compile(): string {
  const out = mkdtempSync(`${workspace}bench/.compiled-`)
  const { status, stdout } = spawnSync('npx', ['tsc', '-p', 'packages/waybill/tsconfig.build.json', '--outDir', out], {
    cwd: workspace,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the package does not compile: ${stdout}`)
  writeFileSync(`${out}/package.json`, '{ "type": "module" }')
  writeFileSync(`${out}/worker.js`, program)
  return out
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}
