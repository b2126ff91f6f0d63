// `node packages/waybill/test/front-end/screenshots.ts`: takes the guide's pictures of every state of the element, light
// and dark, anew, into docs/images. Run after a change of its look.
import { chromium } from 'playwright-core'
import { bundled } from './bundle.fixture.ts'

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><style>
:root { color-scheme: light dark; background: light-dark(#fff, #16181d); color: light-dark(#1f2328, #e6e8eb) }
body { margin: 0; padding: 1.25em; inline-size: 640px; box-sizing: border-box; font: 15px/1.4 system-ui, sans-serif;
  display: grid; grid-template-columns: 1fr 1fr; gap: 1.5em 2.5em }
h2 { font-size: 0.8em; font-weight: 600; margin: 0 0 0.5em; opacity: 0.6 }
</style><body></body></html>`

const images = new URL('../../../../docs/images/', import.meta.url).pathname
const content = await bundled(new URL('./pages/gallery.ts', import.meta.url).pathname)
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const tab = await browser.newPage({
      colorScheme,
      reducedMotion: 'reduce',
      viewport: { width: 640, height: 480 },
      deviceScaleFactor: 1.2,
    })
    await tab.setContent(page)
    await tab.addScriptTag({ content, type: 'module' })
    await tab.locator('[data-state=cancelled]').waitFor()
    await tab.locator('body').screenshot({ path: `${images}progress-${colorScheme}.png` })
  }
} finally {
  await browser.close()
}
