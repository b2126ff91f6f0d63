// Whether the engine notices by itself that nothing can be stored.
import { copyFileSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { aJob } from '../../engine/jobs.fixture.ts'
import { aPlace } from './fixture.ts'
import { openSqlite, type SqliteEngine } from './index.ts'

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function place() {
  const made = aPlace()
  cleanups.push(made.remove)
  return made
}

async function open(url: string) {
  const engine = await openSqlite(url)
  cleanups.push(() => engine.close())
  await engine.migrate()
  return engine
}

/** The problem, once it is as expected: an answer about health holds for a second. */
async function problemOf(engine: SqliteEngine, as: (problem: string | null) => boolean): Promise<string | null> {
  for (;;) {
    const { problem } = await engine.health()
    if (as(problem)) return problem
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('health notices a full disk at once, and that there is room again', async () => {
  const { url, dir } = place()
  const engine = await open(url)
  expect((await engine.health()).problem).toBeNull()
  const pages = new DatabaseSync(`${dir}/jobs.db`).prepare('PRAGMA page_count').get()
  engine.limitPages(Number(pages?.['page_count']))
  await expect(engine.insert([aJob({}, { inputJson: JSON.stringify('x'.repeat(200_000)) })])).rejects.toThrow('full')
  expect((await engine.health()).problem).toContain('full')
  engine.limitPages(1_000_000)
  await engine.insert([aJob()])
  await problemOf(engine, (problem) => problem === null)
})

test('health notices a full disk also when nobody has written for a while', async () => {
  const { url, dir } = place()
  const engine = await open(url)
  const pages = new DatabaseSync(`${dir}/jobs.db`).prepare('PRAGMA page_count').get()
  engine.limitPages(Number(pages?.['page_count']))
  expect(await problemOf(engine, (problem) => problem?.includes('full') === true)).toContain('full')
})

test('health notices that the file was deleted, or replaced, while it was open', async () => {
  const { url, dir } = place()
  const engine = await open(url)
  expect((await engine.health()).problem).toBeNull()
  renameSync(`${dir}/jobs.db`, `${dir}/elsewhere.db`)
  await problemOf(engine, (problem) => problem?.includes('deleted or moved away') === true)
  copyFileSync(`${dir}/elsewhere.db`, `${dir}/jobs.db`)
  await problemOf(engine, (problem) => problem?.includes('replaced by another one') === true)
  renameSync(`${dir}/elsewhere.db`, `${dir}/jobs.db`)
  await problemOf(engine, (problem) => problem === null)
})

test('probes of health are few, whoever asks how often, and leave nothing', async () => {
  const { url, dir } = place()
  const engine = await open(url)
  const other = new DatabaseSync(`${dir}/jobs.db`)
  const version = other.prepare('PRAGMA data_version')
  const before = version.get()?.['data_version']
  await Promise.all(Array.from({ length: 200 }, () => engine.health()))
  expect([before, version.get()?.['data_version']]).toEqual([before, before]) // migrating was proof enough
  expect(other.prepare("SELECT count(*) AS n FROM roles WHERE role = 'probe'").get()).toMatchObject({ n: 0 })
})
