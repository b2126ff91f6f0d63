// What one would write instead of Waybill, as processes of their own: a bare Hono route, and handlers that read the job
// from PostgreSQL or Redis at every poll. They answer the same job, check no credential and send no entity tag.
import { serve } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { Redis } from 'ioredis'
import pg from 'pg'
import { play, taskOf } from './child.ts'

export interface HandbuiltTask {
  kind: 'bare' | 'postgres' | 'redis'
  /** Of the store that it reads. */
  url: string
  /** The jobs by id, as JSON of the same members. */
  jobs: Record<string, string>
}

type Reader = (c: Context, id: string) => Response | Promise<Response>

const { kind, url, jobs } = taskOf<HandbuiltTask>()
let reads = 0
const readers: Record<HandbuiltTask['kind'], () => Promise<Reader>> = { bare, postgres, redis }
const read = await readers[kind]()
const app = new Hono()
app.get('/api/v1/jobs/:id', (c) => read(c, c.req.param('id')))
const port = await new Promise<number>((resolve) => {
  serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => resolve(info.port))
})

play({ url: () => `http://127.0.0.1:${port}`, reads: () => reads })

async function bare(): Promise<Reader> {
  const objects = new Map(Object.entries(jobs).map(([id, text]): [string, object] => [id, membersOf(text)]))
  return (c, id) => c.json(objects.get(id) ?? {})
}

// A row with a column for each member that the answer has, a primary key, a prepared statement, a pool of ten.
async function postgres(): Promise<Reader> {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  const rows = Object.values(jobs).map(membersOf)
  const names = Object.keys(rows[0] ?? {})
  const columns = names.map((name) => `${name} ${typeOf(name, rows[0]?.[name])}`)
  await pool.query(`create table handbuilt (${columns.join(', ')}, primary key (job_id))`)
  for (const row of rows) {
    const places = names.map((_, i) => `$${i + 1}`)
    const values = names.map((name) => (isNested(row[name]) ? JSON.stringify(row[name]) : row[name]))
    await pool.query(`insert into handbuilt values (${places.join(', ')})`, values)
  }
  return async (c, id) => {
    reads++
    const found = await pool.query<object>({
      name: 'job',
      text: 'select * from handbuilt where job_id = $1',
      values: [id],
    })
    return c.json(found.rows[0] ?? {})
  }
}

function membersOf(text: string): Record<string, unknown> {
  const members: Record<string, unknown> = JSON.parse(text)
  return members
}

function typeOf(name: string, value: unknown): string {
  if (name.endsWith('_at')) return 'timestamptz'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'double precision'
  return isNested(value) ? 'jsonb' : 'text'
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

async function redis(): Promise<Reader> {
  const client = new Redis(url, { enableAutoPipelining: true })
  for (const [id, text] of Object.entries(jobs)) await client.set(`handbuilt:${id}`, text)
  return async (c, id) => {
    reads++
    const text = await client.get(`handbuilt:${id}`)
    return c.body(text ?? '{}', 200, { 'content-type': 'application/json' })
  }
}
