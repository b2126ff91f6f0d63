// Debian's Chromium for a test, closed when it ends. A page's errors are the test's: nobody else would see them.
import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

const path = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Without Chromium these tests are passed over, but not where CI=true. */
export const noBrowser: boolean = !existsSync(path) && !process.env['CI']

export async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: ['--no-sandbox'] })
}

/** A page of its own context. `expected`: errors that the test is about. */
export async function openPage(
  browser: Browser,
  url: string,
  expected: RegExp = /Failed to load resource/,
): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const problems: string[] = []
  const note = (text: string) => void (expected.test(text) || problems.push(text))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && note(message.text()))
  page.on('pageerror', (error) => note(error.message))
  onTestFinished(async () => {
    await context.close()
    expect(problems).toEqual([])
  })
  await page.goto(url)
  return page
}

/** Makes the page believe that it is hidden, or shown again. */
export async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(
    (state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, value: state })
      document.dispatchEvent(new Event('visibilitychange'))
    },
    hidden ? 'hidden' : 'visible',
  )
}
