// Clients that Waybill did not write: a browser's own EventSource, curl, Python's standard library.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aStage, type Stage } from '../../src/http/http.fixture.ts'
import { serve, type Served } from '../../src/http/serve.ts'

let stage: Stage
let served: Served
const cleanups: (() => unknown)[] = []
const page = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><body>'))

beforeEach(async () => {
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
  stage = await aStage({ corsOrigins: [origin()] })
  served = await serve(stage.core, { port: 0, auth: () => stage.auth, graceMs: 1_000 })
})
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
  await served.close()
  await stage.close()
  await new Promise((resolve) => (page.closeAllConnections(), page.close(resolve)))
})

function origin(): string {
  const address = page.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

async function watched(): Promise<string> {
  const id = await stage.submit('ann')
  return `${served.url}/api/v1/jobs/${id}/events?access_token=ann`
}

/** Runs a program, completes the job once it has said `sync`, and answers all that it said. */
async function said(program: string, ...words: string[]): Promise<string> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanups.push(() => child.kill('SIGKILL'))
  let text = ''
  for await (const part of child.stdout.setEncoding('utf8')) {
    const synced = text.includes('sync')
    text += part
    if (!synced && text.includes('sync')) await stage.complete()
    if (/\bcompleted\b/.test(text)) break
  }
  if (child.exitCode === null) {
    child.kill()
    await once(child, 'exit')
  }
  return text
}

test('curl -N shows events as they happen', async () => {
  const text = await said('curl', '-sN', await watched())
  expect(text).toMatch(/^event: hello\n[^]*\nevent: job\n[^]*\nevent: sync\n[^]*\nevent: job\n/m)
  expect(text).toMatch(/^id: \d+$/m)
})

test('a Python program with the standard library alone watches a job to its end', async () => {
  const program = fileURLToPath(new URL('./watch.py', import.meta.url))
  const text = await said('python3', program, await watched())
  expect(text).toMatch(/^hello \njob pending\nsync \n(job processing\n)?job completed\n$/)
})

const browser = '/usr/bin/chromium'

test.skipIf(!existsSync(browser) && !process.env['CI'])(
  'a browser’s own EventSource watches from another origin, comes back by itself after a restart, and resumes (needs Debian’s chromium)',
  async () => {
    const url = await watched()
    const chrome = await chromium.launch({ executablePath: browser, args: ['--no-sandbox'] })
    cleanups.push(() => chrome.close())
    const tab = await chrome.newPage()
    await tab.goto(origin())
    await tab.evaluate(`(${watch})(${JSON.stringify(url)})`)
    await tab.getByText('sync').waitFor()
    await served.close()
    await tab.getByText('bye shutdown').waitFor()
    await stage.complete()
    served = await serve(stage.core, { port: served.port, auth: () => stage.auth, graceMs: 1_000 })
    await tab.getByText('job completed;sync;').waitFor()
    expect((await tab.textContent('body'))?.trim()).toBe(
      'hello;job pending;sync;bye shutdown;hello;job completed;sync;',
    )
    await tab.evaluate('window.source.close()')
  },
)

// In the page, as text: it has no part in the types of this file.
const watch = `(url) => {
  const source = window.source = new EventSource(url)
  for (const name of ['hello', 'job', 'sync', 'gone', 'reset', 'bye'])
    source.addEventListener(name, ({ data }) => {
      const { status, reason } = JSON.parse(data)
      document.body.append([name, status ?? reason].filter(Boolean).join(' ') + ';')
    })
}`
