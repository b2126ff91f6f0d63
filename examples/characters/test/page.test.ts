// What people meet, in Chromium: the form, the bar that moves, the portrait, and what they see when something fails.
import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startAlone } from './app.fixture.ts'
import { brokenPhoto, photoOf } from './pictures.fixture.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const missing = !existsSync(CHROMIUM) && process.env['CI'] !== 'true'

let url: string
let browser: Browser
beforeAll(async () => {
  if (missing) return
  ;({ url } = await startAlone())
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
})
afterAll(() => browser?.close())

/** A page on the form. What its console reports is the test's failure. */
async function openForm(path = '/characters/new'): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const problems: string[] = []
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(error.message))
  onTestFinished(async () => {
    await context.close()
    expect(problems.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([])
  })
  await page.goto(url + path)
  return page
}

interface Filled {
  name?: string
  photo?: Uint8Array
}

async function send(page: Page, { name = 'Mira', photo }: Filled = {}): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Age').fill('31')
  await page.getByLabel('Gender').fill('woman')
  await page.getByLabel('Personality').fill('curious')
  await page.getByLabel('pixel').check()
  if (photo) await page.getByLabel('Reference photo').setInputFiles(asFile(photo))
  await page.getByRole('button', { name: 'Create character' }).click()
}

const asFile = (photo: Uint8Array) => ({ name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from(photo) })

/** Every value that the bar has had, with its message, also after the page has gone. */
async function record(page: Page): Promise<string[]> {
  const said: string[] = []
  await page.exposeFunction('note', (text: string) => said.push(text))
  await page.addInitScript(`document.addEventListener('DOMContentLoaded', () => {
    const [status, percent] = ['current-status', 'progress-text'].map((id) => document.getElementById(id))
    if (percent) new MutationObserver(() => note(percent.textContent + ' ' + status.textContent)).observe(percent, { childList: true })
  })`)
  return said
}

/** Waits for the page of the character; the width of its portrait. */
async function portraitOf(page: Page, name = 'Mira'): Promise<number> {
  await page.waitForURL(/\/characters\/\d+$/)
  await page.getByRole('img', { name: `Portrait of ${name}` }).waitFor()
  return widthOf(page, '.portrait')
}

const widthOf = (page: Page, image: string): Promise<number> =>
  page.evaluate(`(async (image) => (await image.decode(), image.naturalWidth))(document.querySelector('${image}'))`)

describe.skipIf(missing)('the pages (need Debian’s chromium)', () => {
  test('a form becomes a progress page, and that the page of the character with its portrait', async () => {
    const page = await openForm()
    const said = await record(page)
    await send(page, { name: 'Mira <b>bold</b>', photo: photoOf('#1e3cc8') })
    await page.waitForURL(/\/characters\/generating\?character_id=\d+$/)
    expect(await portraitOf(page, 'Mira <b>bold</b>')).toBe(1024)
    expect(said.at(-1)).toBe('100% Character generation completed')
    expect(await page.locator('b').count()).toBe(0)
    await page.getByRole('link', { name: 'Characters', exact: true }).click()
    await page.waitForURL(/\/characters$/)
    expect(await widthOf(page, '.gallery img')).toBe(256)
  })

  test('where live events do not get through the page asks every three seconds', async () => {
    const page = await openForm()
    await page.route('**/generation-events', (route) => route.abort())
    const asked: string[] = []
    page.on('request', (request) => request.url().endsWith('/generation-status') && asked.push(request.url()))
    await send(page)
    expect(await portraitOf(page)).toBe(1024)
    expect(asked.length).toBeGreaterThan(0)
  })

  test('a lost connection is said, is no end, and heals', async () => {
    const page = await openForm()
    await page.route('**/generation-*', (route) => route.abort())
    await send(page)
    await page.getByText('Connection lost, trying again.').waitFor()
    await page.unroute('**/generation-*')
    expect(await portraitOf(page)).toBe(1024)
  })

  test('a failure is shown in its sentence, and another photo puts it right', async () => {
    const page = await openForm()
    await send(page, { photo: brokenPhoto() })
    await page.getByText('Generation failed: The reference photo could not be read.').waitFor()
    expect(await page.getByRole('progressbar').getAttribute('value')).toBe('0')
    await page.getByLabel('Another photo').setInputFiles(asFile(photoOf('#1e3cc8')))
    await page.getByRole('button', { name: 'Try again' }).click()
    expect(await portraitOf(page)).toBe(1024)
  })

  test('a form that is refused comes back with its fields and the reason', async () => {
    const page = await openForm()
    await send(page, { name: 'Ada', photo: new TextEncoder().encode('not a picture') })
    expect(await page.getByRole('alert').textContent()).toContain('must be a PNG or JPEG')
    expect(await page.getByLabel('Name').inputValue()).toBe('Ada')
    expect(await page.getByLabel('pixel').isChecked()).toBe(true)
  })

  test('a photo that is far too large is refused in a sentence', async () => {
    const page = await openForm()
    await send(page, { photo: new Uint8Array(9 * 1024 * 1024) })
    expect(await page.getByRole('alert').textContent()).toContain('larger than 5 MB')
  })

  test('a JPEG is as good as a PNG', async () => {
    const page = await openForm()
    const jpeg = await page.evaluate<string>(`document.createElement('canvas').toDataURL('image/jpeg').split(',')[1]`)
    await send(page, { photo: Buffer.from(jpeg, 'base64') })
    expect(await portraitOf(page)).toBe(1024)
  })

  test('without scripts the page loads itself anew, and the bar is there', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(`${url}/characters/new`)
    await send(page)
    expect(await portraitOf(page)).toBe(1024)
  })

  test('an address that leads to nobody leads to the list', async () => {
    const page = await openForm('/characters/generating?character_id=999')
    expect(new URL(page.url()).pathname).toBe('/characters')
  })
})
