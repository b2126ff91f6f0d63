// What is promised under faults, on one SQLite file with real processes: kill -9, SIGSTOP, blocked event loops, poison,
// deploys, racing workers. Waits are for events; the bounds only end a test that hangs.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isGone } from '../engine/engine.ts'
import { isBusy } from '../engines/sqlite/db.ts'
import { createWaybill, type Waybill } from '../index.ts'
import { attemptsOf } from '../job/timeline.ts'
import { silentLogger } from '../lib/log.ts'
import { blocking, jobs, patient, poison, quick, stubborn } from './faults.fixture.ts'

const program = fileURLToPath(new URL('./faults.fixture.ts', import.meta.url))
const leaseMs = 1_000

let dir = ''
let waybill: Waybill
const children = new Set<ChildProcess>()

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'waybill-faults-'))
  writeFileSync(effectsFile(), '')
  waybill = createWaybill({ engine: url(), jobs, logger: silentLogger })
  const { upkeep } = await waybill.parts()
  upkeep.start()
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all([...children].map((child) => once(child, 'exit')))
  await waybill.close()
  rmSync(dir, { recursive: true, force: true })
})

const url = () => `sqlite:${join(dir, 'jobs.db')}`
const effectsFile = () => join(dir, 'effects')
const effects = (word: string) =>
  readFileSync(effectsFile(), 'utf8')
    .split('\n')
    .filter((line) => line.includes(word))

function start(...words: string[]): ChildProcess {
  const child = fork(program, words, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
  child.stderr?.pipe(process.stderr)
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

async function worker(): Promise<ChildProcess> {
  const child = start('work', url(), effectsFile(), `${leaseMs}ms`)
  await heard(child, (message) => message === 'ready')
  return child
}

function heard(child: ChildProcess, wanted: (message: unknown) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (!wanted(message)) return
      child.off('message', listen)
      resolve()
    }
    child.on('message', listen)
  })
}

const began = (child: ChildProcess, id: string) =>
  heard(
    child,
    (message) => typeof message === 'object' && message !== null && 'began' in message && message.began === id,
  )

async function history(id: string) {
  const { engine } = await waybill.parts()
  const [found] = await engine.get([id], { timeline: true })
  if (!found || isGone(found)) throw new Error(`no job ${id}`)
  return { record: found.record, timeline: found.timeline ?? [], attempts: attemptsOf(found.timeline ?? []) }
}

/**
 * SIGSTOP, but not in the middle of a transaction: a process that is stopped with the file's write lock in its hand
 * keeps every other one from writing, whatever its leases say.
 */
async function freeze(child: ChildProcess): Promise<void> {
  for (;;) {
    child.kill('SIGSTOP')
    for (let look = 0; look < 10; look++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (isUnlocked()) return
    }
    child.kill('SIGCONT')
  }
}

function isUnlocked(): boolean {
  const db = new DatabaseSync(join(dir, 'jobs.db'), { timeout: 0 })
  try {
    db.exec('BEGIN IMMEDIATE; ROLLBACK')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  } finally {
    db.close()
  }
}

/** Resolves when the effects file has so many lines with this word. */
async function until(word: string, count: number): Promise<void> {
  while (effects(word).length < count) await new Promise((resolve) => setTimeout(resolve, 20))
}

test('kill -9 of a worker: its job runs again, is charged one loss, and the dead attempt is in its history', async () => {
  const first = await worker()
  const job = await waybill.enqueue(patient, { ms: 300 })
  await began(first, job.id)
  first.kill('SIGKILL')
  const killedAt = Date.now()
  const second = await worker()
  expect((await waybill.result(job)).pid).toBe(second.pid)
  const { record, attempts, timeline } = await history(job.id)
  expect(record).toMatchObject({ losses: 1, fails: 0 })
  expect(attempts.map((attempt) => attempt.status)).toEqual(['lost', 'completed'])
  const lost = timeline.find((entry) => entry.type === 'lost')
  expect((lost?.at ?? 0) - killedAt).toBeLessThanOrEqual(leaseMs + 2_000)
})

test('SIGSTOP for longer than the lease: the job is another’s by then, the late attempt is aborted and refused', async () => {
  const first = await worker()
  const job = await waybill.enqueue(patient, { ms: 2_500 })
  await began(first, job.id)
  await freeze(first)
  const second = await worker()
  await began(second, job.id)
  first.kill('SIGCONT')
  await until(`aborted ${job.id} lease_lost`, 1)
  expect((await waybill.result(job)).pid).toBe(second.pid)
  const { attempts } = await history(job.id)
  expect(attempts.map((attempt) => attempt.status)).toEqual(['lost', 'completed'])
  expect(effects(`ended ${job.id}`)).toHaveLength(1)
})

test('SIGSTOP for longer than the lease: progress, lines, step and result of the late attempt are all refused', async () => {
  const first = await worker()
  const job = await waybill.enqueue(stubborn, { ms: 1_500 })
  await began(first, job.id)
  await freeze(first)
  const second = await worker()
  await began(second, job.id)
  first.kill('SIGCONT')
  expect((await waybill.result(job)).pid).toBe(second.pid)
  await until(`returned ${job.id}`, 2)
  expect(effects(`kept ${job.id}`)).toEqual([`${second.pid} kept ${job.id}`])
  expect(effects(`refused ${job.id}`)).toEqual([`${first.pid} refused ${job.id}`])
  const { engine } = await waybill.parts()
  const [found] = await engine.get([job.id], { steps: true })
  expect(found).toMatchObject({ steps: [{ key: 'mark', result: second.pid }], record: { progress: 1, fails: 0 } })
  const lines = (await engine.logs(job.id, 0, 200)).map(({ message }) => message)
  const late = lines.slice(lines.indexOf(`by ${second.pid}`))
  expect(new Set(late)).toEqual(new Set([`by ${second.pid}`]))
})

test('SIGSTOP for less than the lease: nobody else gets the job', async () => {
  const first = await worker()
  await worker()
  const job = await waybill.enqueue(patient, { ms: 600 })
  await until(`began ${job.id}`, 1)
  first.kill('SIGSTOP')
  setTimeout(() => first.kill('SIGCONT'), leaseMs / 3)
  await waybill.result(job)
  expect((await history(job.id)).attempts).toHaveLength(1)
})

test('an event loop blocked for three leases loses nothing: leases are renewed elsewhere', async () => {
  const first = await worker()
  const job = await waybill.enqueue(blocking, { ms: leaseMs * 3 })
  await until(`began ${job.id}`, 1)
  await worker()
  expect((await waybill.result(job)).pid).toBe(first.pid)
  expect((await history(job.id)).attempts).toHaveLength(1)
})

test('a job that kills its process is given up after four losses, and its neighbours finish', async () => {
  let stopping = false
  const keepOne = async () => {
    while (!stopping) await once(start('work', url(), effectsFile(), `${leaseMs}ms`), 'exit')
  }
  const bad = await waybill.enqueue(poison, {})
  const neighbours = await waybill.enqueueMany(
    quick,
    Array.from({ length: 20 }, (_, n) => ({ n })),
  )
  const kept = keepOne()
  try {
    await expect(waybill.result(bad)).rejects.toMatchObject({ error: { code: 'worker_crashed' } })
    expect(await Promise.all(neighbours.map((job) => waybill.result(job)))).toHaveLength(20)
  } finally {
    stopping = true
    for (const child of children) child.kill('SIGKILL')
    await kept
  }
  expect((await history(bad.id)).record).toMatchObject({ losses: 4, fails: 0, status: 'failed' })
  expect(effects(`began ${bad.id}`)).toHaveLength(4)
}, 60_000)

test('two workers racing over 2,000 jobs: each job runs once', async () => {
  const made = await waybill.enqueueMany(
    quick,
    Array.from({ length: 2_000 }, (_, n) => ({ n })),
  )
  await Promise.all([worker(), worker()])
  for (const job of made) await waybill.result(job)
  const ran = effects('ran ').map((line) => line.split(' ')[2])
  expect(ran).toHaveLength(2_000)
  expect(new Set(ran).size).toBe(2_000)
})

test('a deploy (SIGTERM) charges nothing: the job goes on elsewhere under the same attempt number', async () => {
  const first = await worker()
  const job = await waybill.enqueue(patient, { ms: 1_500 })
  await began(first, job.id)
  const exit = once(first, 'exit')
  first.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
  await until(`aborted ${job.id} shutdown`, 1)
  const second = await worker()
  expect((await waybill.result(job)).pid).toBe(second.pid)
  const { record, attempts } = await history(job.id)
  expect(record).toMatchObject({ losses: 0, fails: 0, attempt: 1 })
  expect(attempts.map((attempt) => attempt.status)).toEqual(['released', 'completed'])
})

test('rolling deploys under load lose and charge nothing', async () => {
  const made = await waybill.enqueueMany(
    patient,
    Array.from({ length: 60 }, () => ({ ms: 250 })),
  )
  let old = await worker()
  for (let deploy = 0; deploy < 3; deploy++) {
    await until('began', effects('began').length + 2)
    const next = await worker()
    const exit = once(old, 'exit')
    old.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
    old = next
  }
  for (const job of made) await waybill.result(job)
  const records = await Promise.all(made.map(async ({ id }) => (await history(id)).record))
  expect(records.filter(({ losses, fails, attempt }) => losses + fails > 0 || attempt !== 1)).toEqual([])
})

test('two submitting and two working processes on one file: everything ends, and no error reaches anybody', async () => {
  const talk: string[] = []
  const loud = (...words: string[]) => {
    const child = start(...words)
    child.stderr?.on('data', (chunk) => talk.push(String(chunk)))
    return child
  }
  const workers = [loud('work', url(), effectsFile()), loud('work', url(), effectsFile())]
  const ready = workers.map((child) => heard(child, (message) => message === 'ready'))
  const exits = await Promise.all([1, 2].map(() => once(loud('submit', url(), '800'), 'exit')))
  expect(exits).toEqual([
    [0, null],
    [0, null],
  ])
  await Promise.all(ready)
  await until('ran ', 1_600)
  const ended = workers.map((child) => once(child, 'exit'))
  for (const child of workers) child.kill('SIGTERM')
  expect(await Promise.all(ended)).toEqual(exits)
  const { engine } = await waybill.parts()
  expect(await engine.count({})).toMatchObject({ completed: 1_600, pending: 0, processing: 0, failed: 0 })
  expect(talk).toEqual([])
})

test('kill -9 of a process in the middle of submitting: what it acknowledged is there, and nothing twice', async () => {
  const child = start('submit', url(), '100000')
  const acknowledged: string[] = []
  child.on('message', (message: { acknowledged: string }) => acknowledged.push(message.acknowledged))
  await heard(child, () => acknowledged.length > 300)
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
  const { engine } = await waybill.parts()
  expect(new Set(acknowledged).size).toBe(acknowledged.length)
  expect((await engine.get(acknowledged)).filter((found) => found === null)).toEqual([])
  const { pending } = await engine.count({})
  expect(pending).toBeGreaterThanOrEqual(acknowledged.length)
})

test('1,000 submits with one key make one job', async () => {
  const made = await Promise.all(
    Array.from({ length: 1_000 }, () => waybill.enqueue(quick, { n: 1 }, { userId: 'ada', idempotencyKey: 'k' })),
  )
  expect(new Set(made.map((job) => job.id)).size).toBe(1)
  const { engine } = await waybill.parts()
  expect(await engine.count({})).toMatchObject({ pending: 1 })
})

test('a cancel reaches a job that runs in another process', async () => {
  const first = await worker()
  const job = await waybill.enqueue(patient, { ms: 60_000 })
  await began(first, job.id)
  await waybill.cancel(job.id, { reason: 'enough' })
  await expect(waybill.result(job)).rejects.toMatchObject({ name: 'JobCancelled' })
  expect(effects(`aborted ${job.id} cancel`)).toHaveLength(1)
})
