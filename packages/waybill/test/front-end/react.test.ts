// waybill/react in Chromium under Strict Mode, against a real server and worker.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, noBrowser, openPage, setHidden } from './browser.fixture.ts'
import { openSite, type Site } from './site.fixture.ts'

let site: Site
let browser: Browser
beforeAll(async () => {
  if (noBrowser) return
  ;[site, browser] = await Promise.all([openSite(), launch()])
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

const facts = (page: Page) => () => page.textContent('#facts')
const connection = (page: Page) => () => page.textContent('#connection')
const text = (page: Page) => () => page.locator('[part=text]').textContent()
const streams = () => site.streams()
const patient = { timeout: 10_000 }
const press = (page: Page, name: string) => page.getByRole('button', { name }).click()

/** A page that watches a running job. */
async function watching(name: string, query = ''): Promise<{ page: Page; id: string }> {
  const id = await site.submit(name)
  site.step(name, { progress: 0.4, message: 'Drawing' })
  return { id, page: await openPage(browser, `${site.url}/react?job=${id}${query}`) }
}

describe.skipIf(noBrowser)('useJob (needs Debian’s chromium)', () => {
  test('follows a job to its typed result', async () => {
    const { page } = await watching('follows')
    await expect.poll(facts(page), patient).toBe('processing | Drawing')
    await expect.poll(connection(page), patient).toBe('live')
    site.step('follows', { result: '/film.mp4' })
    await expect.poll(facts(page), patient).toBe('completed | Drawing | /film.mp4')
    await expect.poll(connection(page), patient).toBe('idle')
  })

  test('shows a job that had ended before', async () => {
    const id = await site.submit('ended')
    site.step('ended', { result: '/early.mp4' })
    for await (const { status } of site.waybill.watch(id)) if (status === 'completed') break
    const page = await openPage(browser, `${site.url}/react?job=${id}`)
    await expect.poll(facts(page), patient).toBe('completed | /early.mp4')
  })

  test('watches while it is enabled', async () => {
    const { page } = await watching('enabled', '&enabled=0')
    await expect.poll(connection(page), patient).toBe('idle')
    expect(await page.textContent('#facts')).toBe('')
    await press(page, 'Enabled')
    await expect.poll(facts(page), patient).toBe('processing | Drawing')
    await press(page, 'Enabled')
    await expect.poll(facts(page), patient).toBe('')
    await press(page, 'Enabled')
    site.step('enabled', { result: 'x' })
    await expect.poll(facts(page), patient).toBe('completed | Drawing | x')
  })

  test('keeps the last state while the browser is offline, says so, and catches up', async () => {
    const { page } = await watching('offline')
    await expect.poll(facts(page), patient).toBe('processing | Drawing')
    await page.context().setOffline(true)
    await expect.poll(connection(page), patient).toBe('offline')
    expect(await page.textContent('#facts')).toBe('processing | Drawing')
    await page.getByText('Connection lost, trying again').waitFor()
    site.step('offline', { result: 'y' })
    await page.context().setOffline(false)
    await expect.poll(facts(page), patient).toBe('completed | Drawing | y')
    expect(await page.getByText('Connection lost, trying again').count()).toBe(0)
  })

  test('goes on with a fresh token when the first expires in the middle', async () => {
    site.ttlMs = 1_500
    const before = site.minted.length
    const { page } = await watching('expiry')
    await expect.poll(facts(page), patient).toBe('processing | Drawing')
    await expect.poll(() => site.minted.length, patient).toBeGreaterThan(before + 1)
    site.ttlMs = 60_000
    site.step('expiry', { result: 'z' })
    await expect.poll(facts(page), patient).toBe('completed | Drawing | z')
  })

  test('says that a token is refused', async () => {
    const { page } = await watching('refused', '&token=nonsense')
    await expect.poll(connection(page), patient).toBe('unauthorized')
    await expect.poll(facts(page), patient).toBe('unauthenticated')
    await expect.poll(text(page), patient).toBe('Not allowed to see this job')
    site.step('refused', { result: '' })
  })

  test('says that there is no such job', async () => {
    const page = await openPage(browser, `${site.url}/react?job=absent`)
    await expect.poll(facts(page), patient).toBe('not_found')
    await expect.poll(text(page), patient).toBe('There is no such job')
  })

  test('and bars for one job share one stream, and leave none open when they are unmounted', async () => {
    const { page } = await watching('shared', '&bars=3')
    await expect.poll(facts(page), patient).toBe('processing | Drawing')
    expect(await page.getByRole('progressbar').count()).toBe(3)
    await expect.poll(streams, patient).toBe(1)
    await press(page, 'Mounted')
    await press(page, 'Mounted')
    await expect.poll(facts(page), patient).toBe('processing | Drawing')
    await expect.poll(streams, patient).toBe(1)
    await press(page, 'Mounted')
    await expect.poll(streams, patient).toBe(0)
    site.step('shared', { result: '' })
  })

  test('closes its stream in a page that is hidden for long, and catches up when it is shown', async () => {
    const id = await site.submit('hidden')
    site.step('hidden', { progress: 0.4, message: 'Drawing' })
    const page = await openPage(browser, 'about:blank')
    await page.clock.install()
    await page.goto(`${site.url}/react?job=${id}`)
    await expect.poll(facts(page), patient).toBe('processing | Drawing')
    await setHidden(page, true)
    await expect.poll(streams, patient).toBe(1)
    await page.clock.fastForward(300_000)
    await expect.poll(streams, patient).toBe(0)
    site.step('hidden', { result: 'w' })
    for await (const { status } of site.waybill.watch(id)) if (status === 'completed') break
    expect(await page.textContent('#facts')).toBe('processing | Drawing')
    await setHidden(page, false)
    await expect.poll(facts(page), patient).toBe('completed | Drawing | w')
  })
})

describe.skipIf(noBrowser)('useJobs (needs Debian’s chromium)', () => {
  test('lists the caller’s jobs, new ones too, the newest first', async () => {
    const { page } = await watching('first', '&list')
    await page.getByText('first processing').waitFor()
    await site.submit('second')
    await page.getByText('second').waitFor()
    expect((await page.locator('li').first().textContent())?.split(' ')[0]).toBe('second')
    for (const name of ['first', 'second']) site.step(name, { result: '' })
    await page.getByText('second completed').waitFor()
  })
})
