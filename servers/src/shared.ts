// The servers that the tests of one run share. The run's desk (desk.ts, in vitest's own process) starts one when it is
// first asked for and ends it with the run; without a desk (bench) this process starts its own, which ends with it.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { DESK, startShared, type Wanted } from './desk.ts'

export function postgresUrl(): Promise<string> {
  return ask('postgres', process.env['WAYBILL_TEST_PG_URL'])
}

export function redisUrl(): Promise<string> {
  return ask('redis', process.env['WAYBILL_TEST_REDIS_URL'])
}

/** An empty database of one's own on the shared server. */
export async function freshDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = await postgresUrl()
  const name = `waybill_${randomBytes(6).toString('hex')}`
  await execute(server, `create database ${name} template template0`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => execute(server, `drop database if exists ${name} with (force)`) }
}

const asked = new Map<Wanted, Promise<string>>()

function ask(wanted: Wanted, given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '') return Promise.resolve(given)
  const known = asked.get(wanted) ?? first(wanted)
  asked.set(wanted, known)
  return known
}

async function first(wanted: Wanted): Promise<string> {
  const desk = process.env[DESK]
  if (desk === undefined) return (await startShared(wanted)).url
  const answer = await fetch(`${desk}/${wanted}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
