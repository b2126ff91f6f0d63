// The JSON that programs and the progress page speak: paths, fields and status words as their clients know them.
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { WaybillError } from 'waybill'
import type { Generation } from '../generation.ts'
import { photosLimit } from './limit.ts'
import { readSubmission, Refused } from './submission.ts'

const notFound = { error: 'Character not found' }

/** `photos`: the folder that `reference_photo_path` may lead into. */
export function api(generation: Generation, photos: string | undefined): Hono {
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

  routes.get('/characters/:id{[0-9]{1,9}}/generation-events', (c) =>
    streamSSE(c, async (stream) => {
      const gone = new AbortController()
      stream.onAbort(() => gone.abort())
      for await (const status of generation.watch(Number(c.req.param('id')), gone.signal))
        await stream.writeSSE({ data: JSON.stringify(status) })
    }),
  )

  routes.all('*', (c) => c.json(notFound, 404))
  routes.onError((error, c) => {
    if (error instanceof Refused) return c.json({ error: `Failed to create character: ${error.message}` }, 400)
    console.error(error)
    return c.json(
      { error: 'The service has a problem. Try again in a moment.' },
      error instanceof WaybillError ? 503 : 500,
    )
  })
  return routes
}
