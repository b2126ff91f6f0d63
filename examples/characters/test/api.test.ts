// What programs meet: creating characters, asking how their portraits stand, looking at them. One process on SQLite.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { ownFolder, start, startAlone } from './app.fixture.ts'
import { create, created, followed, formOf, mira, statusOf } from './characters.fixture.ts'
import { brokenPhoto, hugePhoto, photoOf, picture } from './pictures.fixture.ts'

let url: string
beforeAll(async () => {
  ;({ url } = await startAlone())
})

test('a character is created, and its status told in the fields and words that clients know', async () => {
  const answer = await create(url, { ...mira, art_style: 'ink' })
  expect(answer).toEqual({
    status: 200,
    body: { message: 'Character created successfully', character: { id: expect.any(Number) } },
  })
  const id = answer.body.character?.id ?? 0
  await followed(url, id)
  const status = await statusOf(url, id)
  expect(status).toEqual({
    character_id: id,
    generation_status: 'completed',
    progress_percentage: 100,
    progress_message: 'Character generation completed',
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    generation_started: expect.stringMatching(/^\d{4}-.*Z$/),
  })
})

test('progress is told as it comes, never falls, and ends with the portrait', async () => {
  const seen = await followed(url, await created(url, mira))
  const percents = seen.map((status) => status.progress_percentage)
  expect(percents).toEqual(percents.toSorted((a, b) => a - b))
  expect(seen.at(-1)?.generation_status).toBe('completed')
})

test('the portrait comes in two sizes, differs by character, art style and photo, and else is always the same', async () => {
  const portrait = async (fields: object, photo?: Uint8Array<ArrayBuffer>) => {
    const id = await created(url, formOf({ ...mira, ...fields }, photo))
    await followed(url, id)
    return { id, ...(await picture(`${url}/characters/${id}/portrait.png`)) }
  }
  const plain = await portrait({})
  expect(plain.size).toEqual([1024, 1024])
  expect((await picture(`${url}/characters/${plain.id}/thumbnail.png`)).size).toEqual([256, 256])
  expect((await portrait({})).pixels.equals(plain.pixels)).toBe(true)
  const red = await portrait({}, photoOf('#c81e1e'))
  const others = [
    ...(await Promise.all(['ink', 'sketch', 'pixel'].map((art_style) => portrait({ art_style })))),
    await portrait({ name: 'Ada' }),
    await portrait({}, photoOf('#1e3cc8')),
  ]
  expect(new Set([plain, red, ...others].map(({ pixels }) => pixels.toString('base64'))).size).toBe(7)
  expect([...red.pixels.subarray(0, 3)]).toEqual([0xc8, 0x1e, 0x1e])
})

test('a character that is not there answers 404 and an error', async () => {
  const paths = ['999', '0', 'abc', '99999999999999999999'].map((id) => `${id}/generation-status`)
  for (const path of [...paths, '999/generation-events']) {
    const answer = await fetch(`${url}/api/characters/${path}`)
    const told = { path, status: answer.status, body: await answer.json() }
    expect(told).toEqual({ path, status: 404, body: { error: 'Character not found' } })
  }
})

test('what cannot be drawn is refused in a sentence, and nothing is stored', async () => {
  const last = await created(url, mira)
  const refusals = [
    await create(url, { ...mira, name: ' ', age: '' }),
    await create(url, { ...mira, art_style: 'oil' }),
    await create(url, [1]),
    await create(url, formOf(mira, new TextEncoder().encode('<svg onload="alert(1)"/>'))),
    await create(url, formOf(mira, hugePhoto())),
    await create(url, formOf(mira, new Uint8Array(6 * 1024 * 1024))),
  ]
  expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400])
  expect(refusals.map(({ body }) => body.error?.replace('Failed to create character: ', ''))).toEqual([
    'name is missing; age must be a whole number from 0 to 150',
    'art_style must be one of storybook, ink, sketch, pixel',
    'user_id must be a whole number from 0 to 2147483647; name is missing; age must be a whole number from 0 to 150; gender is missing',
    'The reference photo must be a PNG or JPEG picture. Choose another file.',
    'The reference photo is 60000 × 64 pixels; at most 6000 a side are taken.',
    'The reference photo is larger than 5 MB. Choose a smaller one.',
  ])
  expect(await created(url, mira)).toBe(last + 1)
})

test('a reference_photo_path is taken from the folder of uploads, and from nowhere else', async () => {
  const folder = ownFolder()
  mkdirSync(join(folder, 'uploads'))
  writeFileSync(join(folder, 'uploads', 'red.png'), photoOf('#c81e1e'))
  writeFileSync(join(folder, 'secret.png'), photoOf('#000'))
  const { url } = await startAlone({ CHARACTERS_PHOTOS: join(folder, 'uploads') })
  const id = await created(url, { ...mira, reference_photo_path: 'red.png' })
  await followed(url, id)
  const { pixels } = await picture(`${url}/characters/${id}/portrait.png`)
  expect([...pixels.subarray(0, 3)]).toEqual([0xc8, 0x1e, 0x1e])
  for (const path of ['../secret.png', join(folder, 'secret.png'), 'none.png'])
    expect(await create(url, { ...mira, reference_photo_path: path })).toMatchObject({ status: 400 })
})

test('a failure says why, is kept when the program starts anew, and runs again with another photo', async () => {
  const env = { DATABASE_URL: `sqlite:${join(ownFolder(), 'characters.db')}` }
  const first = await start('all', env)
  const id = await created(first.url, formOf(mira, brokenPhoto()))
  const failed = {
    generation_status: 'failed',
    progress_percentage: 0,
    progress_message: 'Generation failed: The reference photo could not be read. Choose another one and try again.',
  }
  expect((await followed(first.url, id)).at(-1)).toMatchObject(failed)
  await first.kill()

  const { url } = await start('all', env)
  expect(await statusOf(url, id)).toMatchObject(failed)
  const again = (photo: Uint8Array<ArrayBuffer>) =>
    fetch(`${url}/characters/${id}/retry`, { method: 'POST', body: formOf({}, photo), redirect: 'manual' })
  expect((await again(new TextEncoder().encode('no picture'))).status).toBe(400)
  expect((await again(photoOf('#1e3cc8'))).headers.get('location')).toBe(`/characters/generating?character_id=${id}`)
  expect((await followed(url, id)).at(-1)?.generation_status).toBe('completed')
})

test('fifty people who create characters at once all get theirs', async () => {
  const { url } = await startAlone({ WAYBILL_QUEUES: 'none' })
  const ids = await Promise.all(Array.from({ length: 50 }, () => created(url, mira)))
  expect(new Set(ids).size).toBe(50)
  expect(await statusOf(url, 50)).toMatchObject({ generation_status: 'pending', progress_percentage: 0 })
})

test('a program that is told to end lets go of those who watch, and ends', async () => {
  const { url, kill } = await startAlone({ WAYBILL_QUEUES: 'none' })
  const id = await created(url, mira)
  const watching = Promise.withResolvers<void>()
  const watched = followed(url, id, () => (watching.resolve(), false))
  await watching.promise
  expect(await kill()).toBe(0)
  expect(await watched).toMatchObject([{ generation_status: 'pending' }])
})
