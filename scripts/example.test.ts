// `npm run example`, in a small workspace of its own with planted examples, and with one that is real.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'

let copy: string
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'waybill-examples-'))
  for (const script of ['example.ts', 'programs.ts'])
    cpSync(join(import.meta.dirname, script), join(copy, 'scripts', script))
  writeFileSync(join(copy, 'package.json'), '{"type":"module"}')
  plant('greeting', { description: 'Says hello', scripts: { start: 'node main.ts' } })
  writeFileSync(
    join(copy, 'examples/greeting/main.ts'),
    'console.log("hello", ...process.argv.slice(2)); process.exitCode = 3',
  )
  plant('library', { description: 'Nothing to start' })
})
afterEach(() => rmSync(copy, { recursive: true }))

function plant(name: string, manifest: object): void {
  mkdirSync(join(copy, 'examples', name), { recursive: true })
  writeFileSync(join(copy, 'examples', name, 'package.json'), JSON.stringify(manifest))
}

function example(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, 'scripts/example.ts'), ...words], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('without a name it lists what can be started', () => {
  expect(example()).toEqual({ status: 0, stdout: 'npm run example greeting  Says hello\n', stderr: '' })
})

test('with a name it starts the example in its folder, hands its arguments on, and ends as it ends', () => {
  expect(example('greeting', 'big world', '--loud')).toEqual({
    status: 3,
    stdout: 'hello big world --loud\n',
    stderr: '',
  })
})

test('a name that is none is answered with those there are', () => {
  expect(example('greting')).toMatchObject({
    status: 1,
    stderr: 'There is no example "greting". There are: greeting.\n',
  })
})

test('a program that is missing is named with its Debian package, and nothing is started', () => {
  plant('film', { scripts: { start: 'echo started' }, needs: { programs: ['node', 'no-such-ffmpeg'] } })
  const stderr = 'film needs no-such-ffmpeg: apt-get install no-such-ffmpeg (Debian).\n'
  expect(example('film')).toEqual({ status: 1, stdout: '', stderr })
})

test('a server that it needs is started for it, unless its URL is set, and goes with it', async () => {
  symlinkSync(join(import.meta.dirname, '../servers'), join(copy, 'servers'))
  plant('shop', { scripts: { start: 'printenv REDIS_URL' }, needs: { servers: ['redis'] } })
  const { status, stdout } = example('shop')
  const [told, url = ''] = stdout.trim().split('\n')
  expect({ status, told }).toEqual({
    status: 0,
    told: expect.stringContaining(`started a redis that lasts as long as this example (${url})`),
  })
  await expect(once(connect(Number(new URL(url).port), '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
  process.env['REDIS_URL'] = 'redis://elsewhere:6379'
  onTestFinished(() => void delete process.env['REDIS_URL'])
  expect(example('shop')).toEqual({ status: 0, stdout: 'redis://elsewhere:6379\n', stderr: '' })
})

test('a real example serves, and ends when it is told to', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'example.ts'), 'characters'], {
    env: { ...process.env, DATABASE_URL: `sqlite:${join(copy, 'characters.db')}`, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let url = ''
  for await (const line of createInterface(child.stdout)) {
    url = /http:\S+/.exec(line)?.[0] ?? ''
    break
  }
  expect((await fetch(url)).status).toBe(200)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})
