// `npm start`: the web server and a worker in one process. `npm run web` and `npm run worker`: each in a process of its own,
// as many as you like, on the same DATABASE_URL. Settings: DATABASE_URL (sqlite:./characters.db), PORT (5000),
// CHARACTERS_PHOTOS, and Waybill's own.
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createWaybill } from 'waybill'
import { Characters } from './characters.ts'
import { openDatabase } from './database/open.ts'
import { Generation } from './generation.ts'
import { patiently } from './patience.ts'
import { portraitJob } from './portrait-job.ts'
import { webApp } from './web/app.ts'

const url = process.env['DATABASE_URL'] ?? 'sqlite:./characters.db'
const [part = 'all'] = process.argv.slice(2)
if (!['all', 'web', 'worker'].includes(part))
  throw new TypeError(`There is web, worker, or nothing for both; not "${part}".`)

const database = await patiently(() => openDatabase(url))
const characters = new Characters(database)
const job = portraitJob(characters)
const waybill = createWaybill({ engine: url, jobs: [job] })
await patiently(() => waybill.migrate())

const leaving = new AbortController()
const server = part === 'worker' ? null : await listening(Number(process.env['PORT'] ?? 5000))
if (part !== 'web') await waybill.worker().start()
console.log(part === 'worker' ? 'Worker ready.' : `Open http://127.0.0.1:${portOf(server)}/characters/new`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())

/** Event streams end, requests under way are answered, running jobs have their grace. */
async function stop(): Promise<void> {
  leaving.abort()
  await new Promise<unknown>((resolve) => (server ? server.close(resolve) : resolve(null)))
  await waybill.close()
  await database.close()
}

async function listening(port: number): Promise<Server> {
  const app = webApp({
    characters,
    generation: new Generation({ waybill, characters, job }),
    photos: process.env['CHARACTERS_PHOTOS'],
    leaving: leaving.signal,
  })
  const made = createServer(getRequestListener(app.fetch))
  await new Promise<void>((resolve, reject) => {
    made.once('error', (cause) =>
      reject(new Error(`Cannot listen on port ${port}; choose another with PORT.`, { cause })),
    )
    made.listen(port, '127.0.0.1', resolve)
  })
  return made
}

function portOf(listens: Server | null): number {
  const address = listens?.address()
  return typeof address === 'object' && address ? address.port : 0
}
