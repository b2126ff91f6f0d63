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
  /** The jobs by id, as JSON. */
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
  const objects = new Map(Object.entries(jobs).map(([id, text]): [string, object] => [id, JSON.parse(text)]))
  return (c, id) => c.json(objects.get(id) ?? {})
}

// A primary key, a prepared statement, a pool of ten: the best of what is usual.
async function postgres(): Promise<Reader> {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  await pool.query('create table handbuilt (id text primary key, job jsonb not null)')
  for (const [id, text] of Object.entries(jobs)) await pool.query('insert into handbuilt values ($1, $2)', [id, text])
  return async (c, id) => {
    reads++
    const query = { name: 'job', text: 'select job from handbuilt where id = $1', values: [id] }
    const { rows } = await pool.query<{ job: object }>(query)
    return c.json(rows[0]?.job ?? {})
  }
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
