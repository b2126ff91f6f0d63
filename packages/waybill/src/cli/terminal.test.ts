// What people see on a terminal: bars that fit, words of others that cannot take it over.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { fromWire, type Job } from '../client/views.ts'
import { barLine } from './bar.ts'
import { end, firstLine, launcher, Place } from './cli.fixture.ts'
import { printTable } from './print.ts'
import { plainText, type Terminal } from './terminal.ts'
import { cut, widthOf } from './width.ts'

const plain = { columns: 80, colour: false }
const aJob = (more: Record<string, unknown>): Job =>
  fromWire<Job>({
    job_id: 'j1',
    status: 'processing',
    progress: null,
    stage: null,
    progress_message: null,
    cancel_requested_at: null,
    ...more,
  })

describe('the bar', () => {
  test('shows how far a running job is, its stage and its message', () => {
    const line = barLine(aJob({ progress: 0.5, stage: 'ADDING', progress_message: 'page 1 of 2' }), plain)
    expect(line).toBe(`▕${'█'.repeat(12)}${'░'.repeat(12)}▏ 50 %  ADDING  page 1 of 2`)
  })

  test('does not pretend to know: without progress it is empty and without a number', () => {
    expect(barLine(aJob({}), plain)).toBe(`▕${'░'.repeat(24)}▏  … `)
  })

  const estimate = { progress: 0.5, ends_at: '2026-01-01T00:01:20.000Z', duration_ms: 80_000, samples: 9 }
  const started = {
    started_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    duration_ms: 40_000,
  }

  test('of a job that says nothing, other runs tell how far it is and how long it will take', () => {
    expect(barLine(aJob({ ...started, estimate }), plain)).toMatch(/█{12}░{12}▏~50 % {2}about 40 s left$/)
    expect(barLine(aJob({ ...started, estimate }), plain, 20_000)).toMatch(/█{18}░{6}▏~75 % {2}about 20 s left$/)
  })

  test('a job that takes longer than others did is not said to end at once', () => {
    expect(barLine(aJob({ ...started, estimate }), plain, 40_000)).toContain('longer than usual')
    const outlived = { ...estimate, progress: 0.99, ends_at: null }
    expect(barLine(aJob({ ...started, progress: 0.9, estimate: outlived }), plain)).toContain('99 %  longer than usual')
  })

  test('is full only at the end', () => {
    expect(barLine(aJob({ progress: 0.9999 }), plain)).toContain('░▏ 99 %')
  })

  test.each([
    [{ status: 'pending', wait_text: 'No worker serves queue videos' }, '… pending  No worker serves queue videos'],
    [{ status: 'completed', duration_ms: 1_234 }, '✔ completed  in 1.2 s'],
    [{ status: 'failed', error: { message: 'These are odd.' } }, '✖ failed  These are odd.'],
    [{ status: 'cancelled', cancel_reason: 'enough' }, '■ cancelled  enough'],
    [{ cancel_requested_at: 'now', progress: 0 }, 'cancel asked for; stopping'],
  ])('%j', (more, text) => {
    expect(barLine(aJob(more), plain)).toContain(text)
  })

  test.each([1, 5, 12, 20, 40, 80, 200])('never reaches the edge of a terminal of %i columns', (columns) => {
    const long = { progress: 0.4, stage: '変換中', progress_message: `頁 ${'長い言葉'.repeat(60)} 🎉` }
    expect(widthOf(barLine(aJob(long), { columns, colour: false }))).toBeLessThanOrEqual(Math.max(1, columns - 1))
  })

  test('colours only where colour is wanted', () => {
    expect(barLine(aJob({ status: 'failed', error: null }), { columns: 80, colour: true })).toContain('\u001b[31m')
    expect(barLine(aJob({ status: 'failed', error: null }), plain)).not.toContain('\u001b')
  })
})

test('words of others lose what would move the cursor, set a title or ring the bell', () => {
  const hostile = 'a\u001b[2Jb\u001b]0;title\u0007c\r\nd\u009b5me\u0000'
  expect(plainText(hostile)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
  expect(barLine(aJob({ progress: 0, progress_message: hostile }), plain)).not.toContain('\u001b')
  let out = ''
  const terminal: Pick<Terminal, 'out'> = { out: (text) => (out += text) }
  printTable(['NAME'], [[hostile]], terminal)
  expect(out).not.toContain('\u001b')
})

test('cut keeps whole letters', () => {
  expect(cut('👩‍👩‍👧 family', 4)).toBe('👩‍👩‍👧 …')
  expect(cut('abc', 3)).toBe('abc')
  expect(cut('abcd', 3)).toBe('ab…')
  expect(cut('abcd', 0)).toBe('')
})

describe('on a real terminal (`script` of bsdutils)', () => {
  const place = new Place()
  afterAll(() => place.remove())

  test.skipIf(!existsSync('/usr/bin/script'))('watch redraws one line and ends with the end of the job', async () => {
    const dev = place.start(['dev', '--port', '0', '--json'])
    const { url } = JSON.parse(await firstLine(dev.stdout))
    const words = `submit math.add --input '{"a":1,"b":2}' --watch --url ${url}`
    const command = ['-qec', `stty cols 60; ${process.execPath} ${launcher} ${words}`, '/dev/null']
    const env = { PATH: process.env['PATH'], DATABASE_URL: `sqlite:${join(place.dir, 'jobs.db')}`, NO_COLOR: '1' }
    const { stdout } = await promisify(execFile)('/usr/bin/script', command, { env })
    const last = stdout.trimEnd().split('\u001b[2K').at(-1) ?? ''
    expect(last).toMatch(/^✔ completed {2}in \d+\.\d s$/)
    expect(stdout).not.toMatch(/\u001b\[3\dm/)
    expect(await end(dev)).toBe(0)
  })
})
