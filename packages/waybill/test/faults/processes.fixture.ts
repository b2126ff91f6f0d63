// What is promised under faults, with real processes on one store: kill -9, SIGSTOP, blocked event loops, poison,
// deploys, racing workers. Waits are for events; the bounds only end a test that hangs. Run by one test file an engine;
// what follows from the worker and not from its store is in workerFaults, which one engine is enough for.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Job } from '../../src/index.ts'
import { began, Cast, heard, isReady, leaseMs } from './cast.fixture.ts'
import { after } from './caller.fixture.ts'
import { blocking, patient, poison, quick, stubborn } from './program.fixture.ts'
import type { Places } from './store.fixture.ts'

let cast: Cast

/** A store and a cast for each test of the file. */
function casting(start: () => Promise<Places>): void {
  let places: Places
  beforeAll(async () => {
    places = await start()
  })
  afterAll(() => places.stop())
  beforeEach(async () => {
    cast = new Cast(await places.store())
    await cast.open()
  })
  afterEach(() => cast.close())
}

export function processFaults(start: () => Promise<Places>): void {
  casting(start)

  test('kill -9 of a worker: its job runs again, is charged one loss, and the dead attempt is in its history', async () => {
    const first = await cast.worker()
    const job = await cast.waybill.enqueue(patient, { ms: 300 })
    await began(first, job.id)
    first.kill('SIGKILL')
    const killedAt = Date.now()
    const second = await cast.worker()
    expect((await cast.waybill.result(job)).pid).toBe(second.pid)
    const { record, attempts, timeline } = await cast.history(job.id)
    expect(record).toMatchObject({ losses: 1, fails: 0 })
    expect(attempts.map((attempt) => attempt.status)).toEqual(['lost', 'completed'])
    const lost = timeline.find((entry) => entry.type === 'lost')
    expect((lost?.at ?? 0) - killedAt).toBeLessThanOrEqual(leaseMs + 2_000)
  })

  test('SIGSTOP for longer than the lease: progress, lines, step and result of the late attempt are all refused', async () => {
    const first = await cast.worker()
    const job = await cast.waybill.enqueue(stubborn, { ms: 1_500 })
    await began(first, job.id)
    await cast.freeze(first)
    const second = await cast.worker()
    await began(second, job.id)
    first.kill('SIGCONT')
    expect((await cast.waybill.result(job)).pid).toBe(second.pid)
    await cast.until(`returned ${job.id}`, 2)
    expect(cast.effects(`kept ${job.id}`)).toEqual([`${second.pid} kept ${job.id}`])
    expect(cast.effects(`refused ${job.id}`)).toEqual([`${first.pid} refused ${job.id}`])
    const { engine } = await cast.waybill.parts()
    const [found] = await engine.get([job.id], { steps: true })
    expect(found).toMatchObject({ steps: [{ key: 'mark', result: second.pid }], record: { progress: 1, fails: 0 } })
    const lines = (await engine.logs(job.id, 0, 200)).map(({ message }) => message)
    const late = lines.slice(lines.indexOf(`by ${second.pid}`))
    expect(new Set(late)).toEqual(new Set([`by ${second.pid}`]))
  })

  test('SIGSTOP for longer than the lease: a result that is ready the moment it goes on is refused', async () => {
    const first = await cast.worker()
    const job = await cast.waybill.enqueue(blocking, { ms: 2_000 })
    await cast.until(`${first.pid} began ${job.id}`, 1)
    await cast.freeze(first)
    const second = await cast.worker()
    await cast.until(`${second.pid} began ${job.id}`, 1)
    first.kill('SIGCONT')
    await cast.until(`${first.pid} ended ${job.id}`, 1)
    expect((await cast.waybill.result(job)).pid).toBe(second.pid)
    expect((await cast.history(job.id)).attempts.map((attempt) => attempt.status)).toEqual(['lost', 'completed'])
  })

  test('an event loop blocked for three leases loses nothing: leases are renewed elsewhere', async () => {
    const first = await cast.worker()
    const job = await cast.waybill.enqueue(blocking, { ms: leaseMs * 3 })
    await cast.until(`began ${job.id}`, 1)
    await cast.worker()
    expect((await cast.waybill.result(job)).pid).toBe(first.pid)
    expect((await cast.history(job.id)).attempts).toHaveLength(1)
  })

  test('two workers racing over 2,000 jobs: each job runs once', async () => {
    const made = await cast.waybill.enqueueMany(
      quick,
      Array.from({ length: 2_000 }, (_, n) => ({ n })),
    )
    await Promise.all([cast.worker(), cast.worker()])
    for (const job of made) await cast.waybill.result(job)
    const ran = cast.effects('ran ').map((line) => line.split(' ')[2])
    expect(ran).toHaveLength(2_000)
    expect(new Set(ran).size).toBe(2_000)
  })

  test('rolling deploys under load lose and charge nothing', async () => {
    const made: Job<{ pid: number }>[] = []
    let old = await cast.worker()
    for (let deploy = 0; deploy < 3; deploy++) {
      const next = await cast.worker()
      made.push(...(await cast.waybill.enqueueMany(patient, Array(20).fill({ ms: 250 }))))
      await cast.until(`${old.pid} began`, cast.effects(`${old.pid} began`).length + 1)
      const exit = once(old, 'exit')
      old.kill('SIGTERM')
      expect(await exit).toEqual([0, null])
      old = next
    }
    for (const job of made) await cast.waybill.result(job)
    const records = await Promise.all(made.map(async ({ id }) => (await cast.history(id)).record))
    expect(records.filter(({ losses, fails, attempt }) => losses + fails > 0 || attempt !== 1)).toEqual([])
  })

  test('two submitting and two working processes on one store: everything ends, and no error reaches anybody', async () => {
    const talk: string[] = []
    const loud = (child: ChildProcess) => {
      child.stderr?.on('data', (chunk) => talk.push(String(chunk)))
      return child
    }
    const workers = [loud(cast.startWorker()), loud(cast.startWorker())]
    const ready = workers.map((child) => isReady(child))
    const exits = await Promise.all([1, 2].map(() => once(loud(cast.submitter(800)), 'exit')))
    expect(exits).toEqual([
      [0, null],
      [0, null],
    ])
    await Promise.all(ready)
    await cast.until('ran ', 1_600)
    const ended = workers.map((child) => once(child, 'exit'))
    for (const child of workers) child.kill('SIGTERM')
    expect(await Promise.all(ended)).toEqual(exits)
    const { engine } = await cast.waybill.parts()
    expect(await engine.count({})).toMatchObject({ completed: 1_600, pending: 0, processing: 0, failed: 0 })
    expect(talk).toEqual([])
  })

  test('kill -9 of a process in the middle of submitting: what it acknowledged is there, and nothing twice', async () => {
    const child = cast.submitter(100_000)
    const acknowledged: string[] = []
    child.on('message', (message: { acknowledged: string }) => acknowledged.push(message.acknowledged))
    await heard(child, () => acknowledged.length > 300)
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
    const { engine } = await cast.waybill.parts()
    expect(new Set(acknowledged).size).toBe(acknowledged.length)
    expect((await engine.get(acknowledged)).filter((found) => found === null)).toEqual([])
    const { pending } = await engine.count({})
    expect(pending).toBeGreaterThanOrEqual(acknowledged.length)
  })

  test('1,000 submits with one key make one job', async () => {
    const made = await Promise.all(
      Array.from({ length: 1_000 }, () =>
        cast.waybill.enqueue(quick, { n: 1 }, { userId: 'ada', idempotencyKey: 'k' }),
      ),
    )
    expect(new Set(made.map((job) => job.id)).size).toBe(1)
    const { engine } = await cast.waybill.parts()
    expect(await engine.count({})).toMatchObject({ pending: 1 })
  })

  test('a job that runs in one process is polled through another: from memory, and never backwards', async () => {
    const [{ url }] = await Promise.all([cast.server(), cast.worker()])
    const job = await cast.waybill.enqueue(patient, { ms: 1_500 })
    const polls: { rev: number; status: string; source: string | null }[] = []
    while (polls.at(-1)?.status !== 'completed') {
      const response = await fetch(`${url}/api/v1/jobs/${job.id}`)
      const { rev, status }: { rev: number; status: string } = JSON.parse(await response.text())
      polls.push({ rev, status, source: response.headers.get('waybill-source') })
      await after(5)
    }
    const revs = polls.map(({ rev }) => rev)
    expect(revs).toEqual(revs.toSorted((a, b) => a - b))
    const running = polls.filter(({ status }) => status === 'processing')
    expect(new Set(running.map(({ source }) => source))).toContain('memory')
  })

  test('a cancel reaches a job that runs in another process', async () => {
    const first = await cast.worker()
    const job = await cast.waybill.enqueue(patient, { ms: 60_000 })
    await began(first, job.id)
    await cast.waybill.cancel(job.id, { reason: 'enough' })
    await expect(cast.waybill.result(job)).rejects.toMatchObject({ name: 'JobCancelled' })
    expect(cast.effects(`aborted ${job.id} cancel`)).toHaveLength(1)
  })
}

/** On top of `processFaults`. */
export function workerFaults(): void {
  test('SIGSTOP for longer than the lease: the job is another’s by then, the late attempt is aborted and refused', async () => {
    const first = await cast.worker()
    const job = await cast.waybill.enqueue(patient, { ms: 2_500 })
    await began(first, job.id)
    await cast.freeze(first)
    const second = await cast.worker()
    await began(second, job.id)
    first.kill('SIGCONT')
    await cast.until(`aborted ${job.id} lease_lost`, 1)
    expect((await cast.waybill.result(job)).pid).toBe(second.pid)
    const { attempts } = await cast.history(job.id)
    expect(attempts.map((attempt) => attempt.status)).toEqual(['lost', 'completed'])
    expect(cast.effects(`ended ${job.id}`)).toHaveLength(1)
  })

  test('SIGSTOP for less than the lease: nobody else gets the job', async () => {
    const first = await cast.worker()
    await cast.worker()
    const job = await cast.waybill.enqueue(patient, { ms: 600 })
    await cast.until(`began ${job.id}`, 1)
    first.kill('SIGSTOP')
    setTimeout(() => first.kill('SIGCONT'), leaseMs / 3)
    await cast.waybill.result(job)
    expect((await cast.history(job.id)).attempts).toHaveLength(1)
  })

  test('a job that kills its process is given up after four losses, and its neighbours finish', async () => {
    let stopping = false
    const keepOne = async () => {
      while (!stopping) await once(cast.startWorker(), 'exit')
    }
    const bad = await cast.waybill.enqueue(poison, {})
    const neighbours = await cast.waybill.enqueueMany(
      quick,
      Array.from({ length: 20 }, (_, n) => ({ n })),
    )
    const kept = keepOne()
    try {
      await expect(cast.waybill.result(bad)).rejects.toMatchObject({ error: { code: 'worker_crashed' } })
      expect(await Promise.all(neighbours.map((job) => cast.waybill.result(job)))).toHaveLength(20)
    } finally {
      stopping = true
      await cast.killAll()
      await kept
    }
    expect((await cast.history(bad.id)).record).toMatchObject({ losses: 4, fails: 0, status: 'failed' })
    expect(cast.effects(`began ${bad.id}`)).toHaveLength(4)
  }, 60_000)

  test('a deploy (SIGTERM) charges nothing: the job goes on elsewhere under the same attempt number', async () => {
    const first = await cast.worker()
    const job = await cast.waybill.enqueue(patient, { ms: 1_500 })
    await began(first, job.id)
    const exit = once(first, 'exit')
    first.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
    await cast.until(`aborted ${job.id} shutdown`, 1)
    const second = await cast.worker()
    expect((await cast.waybill.result(job)).pid).toBe(second.pid)
    const { record, attempts } = await cast.history(job.id)
    expect(record).toMatchObject({ losses: 0, fails: 0, attempt: 1 })
    expect(attempts.map((attempt) => attempt.status)).toEqual(['released', 'completed'])
  })
}
