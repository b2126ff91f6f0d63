// The progress page in a real browser, against a server whose stream the test controls.

import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { serveDemo } from '../src/demo/server.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const missing = !existsSync(CHROMIUM) && process.env['CI'] !== 'true'

interface Scene {
  page: Page
  problems: string[]
  send: (event: string, data: object) => void
  cut: () => void
  connected: () => Promise<void>
}

async function open(query = '?job=j1'): Promise<Scene> {
  const streams: ReadableStreamDefaultController<Uint8Array>[] = []
  let arrived = Promise.withResolvers<void>()
  const api = (): Response => {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void streams.push(controller) })
    arrived.resolve()
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  const server = await serveDemo(api, 0)
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  onTestFinished(async () => {
    await browser.close()
    await server.close()
  })
  const page = await browser.newPage()
  const problems: string[] = []
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(`${server.url}/${query}`)
  const send = (event: string, data: object): void =>
    streams
      .at(-1)
      ?.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify({ job_id: 'j1', ...data })}\n\n`))
  const cut = (): void => {
    arrived = Promise.withResolvers<void>()
    streams.at(-1)?.close()
  }
  return { page, problems, send, cut, connected: () => arrived.promise }
}

const bar = (page: Page) => page.getByRole('progressbar', { name: 'Conversion' })
const shows = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor()

test.skipIf(missing)(
  'the page shows bar, stage and message as they come, older news ignored, under a strict policy',
  async () => {
    const { page, problems, send, connected } = await open()
    await connected()
    send('job', {
      rev: 2,
      status: 'processing',
      title: 'notes.pdf',
      stage: 'EXTRACTING',
      progress: 0.25,
      progress_message: 'Page 1 of 4',
    })
    await shows(page, 'Page 1 of 4')
    send('progress', { rev: 4, stage: 'EXTRACTING', progress: 0.5, progress_message: 'Page 3 of 4' })
    send('progress', { rev: 3, stage: 'EXTRACTING', progress: 0.4, progress_message: 'Page 2 of 4' })
    send('progress', { rev: 5, stage: 'BUILDING', progress: 0.8, progress_message: '<b>Chapter 1</b>' })
    await shows(page, '<b>Chapter 1</b>')
    await shows(page, 'notes.pdf')
    expect(await bar(page).getAttribute('aria-valuenow')).toBe('80')
    expect(await page.locator('#fill').getAttribute('style')).toBe('width: 80%;')
    expect(problems).toEqual([])
  },
)

test.skipIf(missing)('a failure shows its sentence and keeps where the bar stood', async () => {
  const { page, send, connected } = await open()
  await connected()
  send('job', {
    rev: 9,
    status: 'failed',
    progress: 0.4,
    error: { code: 'pdf_encrypted', message: 'This PDF is protected by a password.' },
  })
  await shows(page, 'This PDF is protected by a password.')
  await shows(page, 'failed')
  expect(await bar(page).getAttribute('aria-valuenow')).toBe('40')
})

test.skipIf(missing)('a lost connection is said, is no end, and heals', async () => {
  const { page, send, cut, connected } = await open()
  await connected()
  send('job', { rev: 1, status: 'processing', progress: 0.1, progress_message: 'before' })
  await shows(page, 'before')
  cut()
  await shows(page, 'Connection lost; trying again.')
  await connected()
  send('job', { rev: 7, status: 'completed', progress: 1, progress_message: 'after' })
  await shows(page, 'after')
  await shows(page, 'completed')
  expect(await page.getByText('Connection lost').count()).toBe(0)
})
