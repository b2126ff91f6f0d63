// `npm run demo` as a person starts it.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeEncryptedPdf } from './pdf.fixture.ts'
import { makeDesk } from './pipeline.fixture.ts'

vi.setConfig({ testTimeout: 120_000 })

const DEMO = fileURLToPath(new URL('../src/demo.ts', import.meta.url))

interface Ended {
  code: number
  out: string
  err: string
}

function demo(words: string[], temp: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [DEMO, ...words],
      { env: { ...process.env, TMPDIR: temp } },
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

test('the demo draws progress from the stream, names the page, ends with the path of the book and exits with 0', async () => {
  const { dir } = await makeDesk()
  const { code, out, err } = await demo([], dir)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/Progress page: http:\/\/127\.0\.0\.1:\d+\/\?job=[\w-]+\n/)
  expect(out).toMatch(/^ *\d+ % +VALIDATING /m)
  const path = /(\/\S+\.epub)\n$/.exec(out)?.[1] ?? ''
  onTestFinished(() => rm(dirname(path), { recursive: true, force: true }))
  expect((await stat(path)).size).toBeGreaterThan(10_000)
})

test('a document that cannot be converted ends the demo with its sentence and 1', async () => {
  const desk = await makeDesk()
  const { code, err } = await demo([await desk.put('locked.pdf', await makeEncryptedPdf())], desk.dir)
  expect({ code, err }).toEqual({
    code: 1,
    err: 'This PDF is protected by a password. Save a copy without the password and send that.\n',
  })
})

test('a file that is not there ends the demo with a sentence and 1', async () => {
  const { dir } = await makeDesk()
  const { code, err } = await demo([`${dir}/none.pdf`], dir)
  expect({ code, err }).toEqual({ code: 1, err: 'There is no such file. Check the name and send it again.\n' })
})

test('a folder ends the demo with a sentence and 1', async () => {
  const { dir } = await makeDesk()
  const { code, err } = await demo([dir], dir)
  expect(err).toMatch(/^".*" is a folder\. Send one document that is in it\.\n$/)
  expect(code).toBe(1)
})

test('a reader that goes away ends the demo quietly', async () => {
  const { dir } = await makeDesk()
  const child = spawn(process.execPath, [DEMO], {
    env: { ...process.env, TMPDIR: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.once('data', () => child.stdout.destroy())
  let err = ''
  child.stderr.on('data', (chunk) => (err += chunk))
  await once(child, 'close')
  expect(err).toBe('')
})

test('what the machine refuses is told in a sentence, without a stack', async () => {
  const { dir } = await makeDesk()
  const { code, err } = await demo([], `${dir}/not/there`)
  expect({ code, stack: err.includes('    at ') }).toEqual({ code: 1, stack: false })
  expect(err).toContain('no such file or directory')
})
