// The JSON that programs and the progress page speak: paths, fields and status words as their clients know them.
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Generation } from '../generation.ts'
import { faultText, logged } from './faults.ts'
import { photosLimit } from './limit.ts'
import { readSubmission, Refused } from './submission.ts'

const notFound = { error: 'Character not found' }

export interface ApiParts {
  generation: Generation
  /** The folder that `reference_photo_path` may lead into. */
  photos: string | undefined
  /** Aborted when the program ends: it ends the event streams, which would go on. */
  leaving: AbortSignal
}

export function api({ generation, photos, leaving }: ApiParts): Hono {
  const routes = new Hono()

  routes.post('/characters', photosLimit, async (c) => {
    const isJson = c.req.header('content-type')?.startsWith('application/json')
    const body: unknown = isJson ? await c.req.json().catch(() => null) : await c.req.parseBody()
    if (typeof body !== 'object' || body === null) throw new Refused('the body must be a JSON object')
    const { given, photo } = await readSubmission({ ...body }, photos)
    const id = await generation.create(given, photo)
    return c.json({ message: 'Character created successfully', character: { id } })
  })

  routes.get('/characters/:id{[0-9]{1,9}}/generation-status', async (c) => {
    const status = await generation.status(Number(c.req.param('id')))
    c.header('cache-control', 'no-store')
    return status ? c.json(status) : c.json(notFound, 404)
  })

  routes.get('/characters/:id{[0-9]{1,9}}/generation-events', async (c) => {
    const id = Number(c.req.param('id'))
    if (!(await generation.status(id))) return c.json(notFound, 404)
    return streamSSE(c, async (stream) => {
      const gone = new AbortController()
      stream.onAbort(() => gone.abort())
      for await (const status of generation.watch(id, AbortSignal.any([gone.signal, leaving])))
        await stream.writeSSE({ data: JSON.stringify(status) })
    })
  })

  routes.all('*', (c) => c.json(notFound, 404))
  routes.onError((error, c) => {
    if (error instanceof Refused) return c.json({ error: `Failed to create character: ${error.message}` }, 400)
    return c.json({ error: faultText }, logged(error))
  })
  return routes
}
