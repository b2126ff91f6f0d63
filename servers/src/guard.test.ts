// No server outlives the process that started it, and none is started by a run that asks for none.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import openDesk, { DESK } from './desk.ts'
import { treeOf } from './tree.ts'

interface Left {
  pid: number
  dir: string
}

/** Starts servers in a process of their own, without the desk of this run. */
async function leave(how: string): Promise<{ child: ChildProcess; left: Left[]; all: number[] }> {
  const { [DESK]: _, ...env } = process.env
  const child = spawn(process.execPath, [new URL('leave.fixture.ts', import.meta.url).pathname, how], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
  })
  const [line]: string[] = await once(createInterface(child.stdout), 'line')
  const left: Left[] = JSON.parse(line ?? '[]')
  return { child, left, all: child.pid === undefined ? [] : treeOf(child.pid) }
}

async function nothingRemains(left: Left[], all: number[]): Promise<void> {
  await expect.poll(() => [...left.map((one) => one.pid), ...all].flatMap(treeOf), { timeout: 5_000 }).toEqual([])
  await expect.poll(() => left.filter((one) => existsSync(one.dir)), { timeout: 5_000 }).toEqual([])
}

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('servers end when their starter dies of %s', async (signal) => {
  const { child, left, all } = await leave('stay')
  expect(left.length).toBe(2)
  expect(all.length).toBeGreaterThan(4) // starter, two own, one shared, PostgreSQL's children
  child.kill(signal)
  await once(child, 'exit')
  await nothingRemains(left, all)
})

test('servers do not hold a process that has nothing left to do, and end with it', async () => {
  const { child, left } = await leave('end')
  child.stdin?.end()
  expect(await once(child, 'exit')).toEqual([0, null])
  await nothingRemains(left, [])
})

test('servers end with process.exit', async () => {
  const { child, left } = await leave('exit')
  expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0)
  await nothingRemains(left, [])
})

test('the desk of a run starts a server for the first who asks, and ends it with the run', async () => {
  const before = process.env[DESK]
  const close = await openDesk()
  const address = process.env[DESK] ?? ''
  const mine = treeOf(process.pid).length
  const [first, second] = await Promise.all(['a', 'b'].map(async () => (await fetch(`${address}/redis`)).text()))
  const running = treeOf(process.pid)
  expect([first, running.length > mine]).toEqual([second, true])
  await close()
  if (before !== undefined) process.env[DESK] = before
  await expect.poll(() => treeOf(process.pid).length).toBe(mine)
})
