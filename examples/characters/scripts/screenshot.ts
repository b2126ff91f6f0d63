// `npm run screenshot`: takes the README's picture (docs/images/characters.png) of form, progress page and portrait, from the
// example as it runs. Run after a change of its look.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const width = 480
const height = 800
const asImage = (png: Buffer): string =>
  `<img width="${width}" height="${height}" src="data:image/png;base64,${png.toString('base64')}">`

const dir = await mkdtemp(join(tmpdir(), 'waybill-characters-'))
const app = spawn(process.execPath, [here('../src/main.ts')], {
  env: { ...process.env, DATABASE_URL: `sqlite:${join(dir, 'characters.db')}`, PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: 'light', reducedMotion: 'reduce' })
  await page.goto(await addressOf(createInterface(app.stdout)))
  const pictures = await take(page)
  const sheet = await browser.newPage({ viewport: { width: width * 3, height } })
  await sheet.setContent(`<body style="margin: 0; display: flex">${pictures.map(asImage).join('')}</body>`)
  await writeFile(here('../../../docs/images/characters.png'), await sheet.screenshot())
} finally {
  await browser.close()
  app.kill()
  await rm(dir, { recursive: true })
}

async function addressOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) return /http:\S+/.exec(line)?.[0] ?? ''
  throw new Error('the example ended before it was ready')
}

/** The form as it is sent, the bar on its way, the portrait. */
async function take(page: Page): Promise<Buffer[]> {
  const fields = { Name: 'Mira', Age: '31', Gender: 'woman', Personality: 'curious, stubborn' }
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value)
  const photo = here('../../conversion/sample/images/stages.png')
  await page.getByLabel('Reference photo').setInputFiles(photo)
  const form = await page.screenshot()
  await page.getByRole('button', { name: 'Create character' }).click()
  await page.locator('progress:not([value="0"])').waitFor()
  const progress = await page.screenshot()
  await page.waitForURL(/\/characters\/\d+$/)
  return [form, progress, await page.screenshot()]
}
