// Children of a worker that is no more: they end with it, whatever they do and however it ended.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aBench, eventually, type Bench } from '../../waybill.fixture.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as jobs from './jobs.fixture.ts'
import { gone, isAlive } from './isolation.fixture.ts'

const program = fileURLToPath(new URL('./program.fixture.ts', import.meta.url))

let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: Object.values(jobs) })
})
afterEach(() => bench.close())

test.each(['waits', 'loops', 'has started another process'] as const)(
  'kill -9 of a worker ends its child that %s',
  async (what) => {
    const child = fork(program, [bench.url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    await once(child, 'message')
    const file = join(bench.dir, 'written')
    const job = what === 'waits' ? jobs.deaf : what === 'loops' ? jobs.endless : jobs.parent
    await bench.waybill.enqueue(job, { file }, { timeout: '10m' })
    await eventually(bench.engine, () => existsSync(file))
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
    const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
    await Promise.all(pids.map(gone))
    expect(pids.map(isAlive)).toEqual(pids.map(() => false))
  },
)
