// The web application: pages for people, and below /api the JSON for programs.
import { readFile } from 'node:fs/promises'
import { Hono, type Context } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { artStyles, type Character } from '../character.ts'
import { sides, type Characters } from '../characters.ts'
import { sampleOf } from '../portrait/draw.ts'
import { api, type ApiParts } from './api.ts'
import { faultText, logged } from './faults.ts'
import { characterPage, faultPage, formPage, generatingPage, listPage } from './html.ts'
import { photosLimit } from './limit.ts'
import { photoOf, readSubmission, Refused } from './submission.ts'

// Who is logged in is the application's own affair; this one knows one user.
const user = { user_id: 1 }

export function webApp({ characters, ...parts }: ApiParts & { characters: Characters }): Hono {
  const { generation } = parts
  const app = new Hono()
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'self'"], imgSrc: ["'self'", 'data:'] } }))
  app.route('/api', api(parts))
  app.get('/', (c) => c.redirect('/characters'))
  app.get('/characters', async (c) => c.html(listPage(await characters.newest())))
  app.get('/characters/new', (c) => c.html(formPage()))
  app.post('/characters', photosLimit, async (c) => {
    const fields = await c.req.parseBody()
    try {
      const { given, photo } = await readSubmission({ ...fields, ...user, reference_photo_path: null }, undefined)
      return c.redirect(progressOf(await generation.create(given, photo)), 303)
    } catch (error) {
      if (error instanceof Refused) return c.html(formPage(fields, error.message), 400)
      throw error
    }
  })

  app.get('/characters/generating', async (c) => {
    const character = await found(c.req.query('character_id'))
    const status = character && (await generation.status(character.id))
    if (!character || !status) return c.redirect('/characters')
    if (status.generation_status === 'completed') return c.redirect(`/characters/${character.id}`)
    return c.html(generatingPage(character.name, status))
  })
  app.get('/characters/:id{[0-9]+}', async (c) => {
    const character = await found(c.req.param('id'))
    if (!character) return c.notFound()
    return character.character_image_url ? c.html(characterPage(character)) : c.redirect(progressOf(character.id))
  })
  app.post('/characters/:id{[0-9]+}/retry', photosLimit, async (c) => {
    const character = await found(c.req.param('id'))
    if (!character) return c.notFound()
    const photo = await photoOf(await c.req.parseBody())
    if (photo) await characters.replacePhoto(character.id, photo)
    await generation.retry(character)
    return c.redirect(progressOf(character.id), 303)
  })

  app.get('/characters/:id{[0-9]+}/portrait.png', (c) => picture(c, sides.print))
  app.get('/characters/:id{[0-9]+}/thumbnail.png', (c) => picture(c, sides.thumbnail))
  for (const style of artStyles)
    app.get(`/art-styles/${style}.svg`, (c) => c.body(sampleOf(style), 200, { 'content-type': 'image/svg+xml' }))
  app.get('/assets/look.css', (c) => asset(c, 'look.css', 'text/css'))
  app.get('/assets/generating.mjs', (c) => asset(c, 'generating.mjs', 'text/javascript'))

  app.notFound((c) => c.html(faultPage('There is no such page.'), 404))
  app.onError((error, c) => {
    if (error instanceof Refused) return c.html(faultPage(error.message), 400)
    return c.html(faultPage(faultText), logged(error))
  })
  return app

  async function found(id: string | undefined): Promise<Character | null> {
    return id !== undefined && /^[0-9]{1,9}$/.test(id) ? characters.find(Number(id)) : null
  }

  async function picture(c: Context, side: number): Promise<Response> {
    const png = await characters.portrait(Number(c.req.param('id')), side)
    return png ? c.body(new Uint8Array(png), 200, { 'content-type': 'image/png' }) : c.notFound()
  }
}

const progressOf = (id: number): string => `/characters/generating?character_id=${id}`

async function asset(c: Context, name: string, type: string): Promise<Response> {
  const text = await readFile(new URL(`../../public/${name}`, import.meta.url), 'utf8')
  return c.body(text, 200, { 'content-type': `${type}; charset=utf-8` })
}
