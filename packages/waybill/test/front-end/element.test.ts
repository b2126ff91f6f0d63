// <waybill-progress> in a page without any framework, in Chromium, against a real server and worker.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, noBrowser, openPage } from './browser.fixture.ts'
import { openSite, type Site } from './site.fixture.ts'

let site: Site
let browser: Browser
let token: string
beforeAll(async () => {
  if (noBrowser) return
  ;[site, browser] = await Promise.all([openSite(), launch()])
  token = await (await fetch(`${site.url}/token`)).text()
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

const pageOf = (...ids: string[]) =>
  openPage(browser, `${site.url}/element?token=${token}&${ids.map((id) => `job=${id}`).join('&')}`)
const text = (page: Page) => () => page.locator('[part=text]').first().textContent()
const detail = (page: Page) => () => page.locator('[part=detail]').first().textContent()
const streams = () => site.streams()
const patient = { timeout: 10_000 }

async function running(name: string): Promise<{ id: string; page: Page }> {
  const id = await site.submit(name)
  site.step(name, { progress: 0.4, message: 'Drawing' })
  const page = await pageOf(id)
  await expect.poll(text(page), patient).toBe('Drawing')
  return { id, page }
}

interface AxNode {
  role?: { value: unknown }
  name?: { value: unknown }
  value?: { value: unknown }
  properties?: { name: string; value: { value?: unknown } }[]
}

/** The progress bar as assistive technology sees it. */
async function accessible(page: Page): Promise<Record<string, unknown>> {
  const session = await page.context().newCDPSession(page)
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: AxNode[] }
  const bar = nodes.find(({ role }) => role?.value === 'progressbar')
  const property = (name: string) => bar?.properties?.find((one) => one.name === name)?.value.value
  const range = { valuemin: property('valuemin'), valuemax: property('valuemax') }
  return { name: bar?.name?.value, value: bar?.value?.value, ...range }
}

describe.skipIf(noBrowser)('the element (needs Debian’s chromium)', () => {
  test('is a progress bar for everybody, under a strict policy', async () => {
    const { page } = await running('everybody')
    expect(await accessible(page)).toMatchObject({
      name: 'everybody',
      value: 40,
      valuemin: 0,
      valuemax: 100,
    })
    expect(await page.locator('[part=bar]').getAttribute('aria-valuetext')).toBe('40 %: Drawing')
    const [bar, fill] = await Promise.all(
      ['bar', 'fill'].map((part) => page.locator(`[part=${part}]`).evaluate((element) => element.clientWidth)),
    )
    await expect
      .poll(() => page.locator('[part=fill]').evaluate((element) => element.clientWidth), patient)
      .toBeGreaterThan(0)
    expect((fill ?? 0) / (bar ?? 1)).toBeLessThan(0.5)
    site.step('everybody', { result: '' })
    await expect.poll(text(page), patient).toBe('Done')
    expect(await accessible(page)).toMatchObject({ value: 100 })
  })

  test('tells the page of changes, and once of the end', async () => {
    const { page } = await running('tells')
    site.step('tells', { result: '' })
    await expect.poll(() => page.getAttribute('body', 'data-told'), patient).toContain('waybill-end done 100')
    const told = (await page.getAttribute('body', 'data-told')) ?? ''
    expect(told).toContain('waybill-change running 40')
    expect(told.match(/waybill-end/g)).toHaveLength(1)
  })

  test('speaks of changes of state alone, and not of the state that it begins with', async () => {
    const { page } = await running('speaks')
    expect(await page.locator('[role=status]').textContent()).toBe('')
    await page.evaluate(() => {
      const status = document.querySelector('waybill-progress')?.shadowRoot?.querySelector('[role=status]')
      const said: string[] = []
      const note = () => (document.body.dataset['said'] = said.join())
      if (status)
        new MutationObserver(() => (said.push(status.textContent), note())).observe(status, { childList: true })
    })
    for (const percent of [50, 60, 70]) {
      site.step('speaks', { progress: percent / 100, message: `At ${percent}` })
      await expect.poll(text(page), patient).toBe(`At ${percent}`)
    }
    site.step('speaks', { refuse: 'The <b>file</b> is broken.' })
    await expect.poll(() => page.getAttribute('body', 'data-said'), patient).toBe('Failed: The <b>file</b> is broken.')
  })

  test('shows a failure in the owner’s words, as text, with its reference', async () => {
    const { page } = await running('fails')
    site.step('fails', { refuse: 'The <b>file</b> is broken.' })
    await expect.poll(text(page), patient).toBe('The <b>file</b> is broken.')
    expect(await page.locator('[part=detail]').textContent()).toMatch(/^Reference err_/)
    expect(await accessible(page)).toMatchObject({ value: 40 })
  })

  test('says why a job waits; without a percentage it has no value', async () => {
    const { id } = await site.waybill.enqueue(site.job, { name: 'waits' }, { userId: 'ada', queue: 'nobody' })
    const page = await pageOf(id)
    await expect.poll(text(page), patient).toBe('No worker serves queue nobody')
    expect(await page.locator('[part=bar]').getAttribute('aria-valuenow')).toBeNull()
    await site.waybill.cancel(id)
    await expect.poll(text(page), patient).toBe('Cancelled')
  })

  test('shares one stream with others of the same address and token; defined twice, it is one', async () => {
    const id = await site.submit('shares')
    site.step('shares', { progress: 0.4, message: 'Drawing' })
    const page = await pageOf(id, id, await site.submit('other'))
    await expect.poll(text(page), patient).toBe('Drawing')
    await expect.poll(streams, patient).toBe(1)
    for (const name of ['shares', 'other']) site.step(name, { result: '' })
    await expect.poll(() => page.locator('[data-state=done]').count(), patient).toBe(3)
  })

  test('goes on when it is moved, and closes the stream when it is taken away', async () => {
    const { page } = await running('moves')
    await page.evaluate(() => {
      const element = document.querySelector('waybill-progress')
      if (element) document.body.prepend(element)
    })
    site.step('moves', { progress: 0.6, message: 'Still there' })
    await expect.poll(text(page), patient).toBe('Still there')
    await page.evaluate(() => document.querySelector('waybill-progress')?.remove())
    await expect.poll(streams, patient).toBe(0)
    site.step('moves', { result: '' })
  })

  test('shows another job when its attribute says so', async () => {
    const { page } = await running('one')
    const id = await site.submit('two')
    site.step('two', { progress: 0.1, message: 'The other one' })
    await page.locator('waybill-progress').evaluate((element, job) => element.setAttribute('job', job), id)
    await expect.poll(text(page), patient).toBe('The other one')
    for (const name of ['one', 'two']) site.step(name, { result: '' })
  })

  test('takes a function for its token, also one that was set before the element was defined', async () => {
    const id = await site.submit('early')
    site.step('early', { progress: 0.4, message: 'Drawing' })
    const page = await openPage(browser, 'about:blank')
    await page.addInitScript(() => {
      document.addEventListener('readystatechange', () => {
        const element = document.querySelector('waybill-progress')
        if (element) element.token ??= async () => (await fetch('/token')).text()
      })
    })
    await page.goto(`${site.url}/element?job=${id}`)
    await expect.poll(text(page), patient).toBe('Drawing')
    expect(site.minted.length).toBeGreaterThan(1)
    site.step('early', { result: '' })
  })

  test('keeps the last state while the browser is offline, and says so', async () => {
    const { page } = await running('offline')
    await page.context().setOffline(true)
    await expect.poll(detail(page), patient).toBe('Connection lost, trying again')
    await expect.poll(text(page), patient).toBe('Drawing')
    site.step('offline', { result: '' })
    await page.context().setOffline(false)
    await expect.poll(text(page), patient).toBe('Done')
  })

  test('does not move for whom movement is reduced', async () => {
    const page = await pageOf(await site.submit('unmoved'))
    const animation = () =>
      page
        .locator('[part=fill]')
        .evaluate((fill) => (fill.classList.add('unknown'), getComputedStyle(fill).animationName))
    await expect.poll(animation, patient).toBe('pass')
    await page.emulateMedia({ reducedMotion: 'reduce' })
    expect(await animation()).toBe('none')
    site.step('unmoved', { result: '' })
  })
})
