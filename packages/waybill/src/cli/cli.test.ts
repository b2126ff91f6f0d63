// The command as people run it: a child process in a project of its own, on a SQLite file of its own.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const launcher = fileURLToPath(new URL('../../bin/waybill.cjs', import.meta.url))
const project = fileURLToPath(new URL('../../test/cli-project', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'waybill-cli-'))
const running = new Set<ChildProcessWithoutNullStreams>()

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

function start(words: string[], env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [launcher, ...words], {
    cwd: project,
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: `sqlite:${join(dir, 'jobs.db')}`,
      WAYBILL_LOG_LEVEL: 'error',
      ...env,
    },
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

async function run(
  words: string[],
  env?: Record<string, string>,
  input?: string,
): Promise<{ code: number; out: string; talk: string }> {
  const child = start(words, env)
  let out = ''
  let talk = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (talk += chunk))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, out, talk }
}

async function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return String(line)
}

async function end(child: ChildProcessWithoutNullStreams): Promise<number> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  return Number((await exit)[0])
}

describe('with `waybill dev` running', () => {
  let server: ChildProcessWithoutNullStreams
  let url = ''
  beforeAll(async () => {
    server = start(['dev', '--port', '0', '--json'])
    url = JSON.parse(await firstLine(server)).url
  })
  afterAll(async () => {
    if ((await end(server)) !== 0) throw new Error('`waybill dev` did not end in order at SIGTERM')
  })

  test('submit --watch follows a job to its end, as JSON lines in a pipe, and exits 0', async () => {
    const { code, out } = await run(['submit', 'math.add', '--input', '{"a":1,"b":2}', '--watch', '--url', url])
    const states = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(states.at(-1)).toMatchObject({ status: 'completed', progress: 1, result: { sum: 3 } })
    expect(code).toBe(0)
  })

  test('the same works on the engine itself, without --url', async () => {
    const { code, out } = await run(['submit', 'math.add', '-i', '-', '-w'], {}, '{"a":20,"b":1}')
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({ status: 'completed', result: { sum: 21 } })
    expect(code).toBe(0)
  })

  test('a failed job ends with 3 and shows the sentence meant for its owner', async () => {
    const { code, out } = await run(['submit', 'math.refuse', '--watch'])
    expect(out).toContain('These numbers are odd.')
    expect(code).toBe(3)
  })

  test('a wait that is over ends with 5, a cancelled job with 4', async () => {
    const submitted = await run(['submit', 'math.endless'])
    const { job_id: id } = JSON.parse(submitted.out)
    expect((await run(['watch', id, '--timeout', '300ms'])).code).toBe(5)
    const watching = run(['watch', id])
    expect((await run(['cancel', id, '--reason', 'enough'])).code).toBe(0)
    const { code, out } = await watching
    expect(code).toBe(4)
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({
      status: 'cancelled',
      cancel_reason: 'enough',
    })
  })

  test('get, list, result, logs and retry', async () => {
    const submitted = await run(['submit', 'math.add', '--input', '{"a":2,"b":2}', '--user', 'ada', '--watch'])
    const { job_id: id } = JSON.parse(submitted.out.trim().split('\n').at(-1) ?? '')
    expect(JSON.parse((await run(['get', id, '--include', 'timeline'])).out)).toMatchObject({
      job_id: id,
      user_id: 'ada',
    })
    expect(JSON.parse((await run(['list', '--user', 'ada'])).out).items).toMatchObject([{ job_id: id }])
    expect(JSON.parse((await run(['result', id])).out)).toEqual({ sum: 4 })
    expect((await run(['logs', id])).out).toContain('adding')
    expect(JSON.parse((await run(['retry', id])).out)).toMatchObject({ job_id: id, status: 'pending' })
  })
})

describe('wrong words', () => {
  test.each([
    [['sumbit'], 2, 'Did you mean "submit"?'],
    [['list', '--limt', '3'], 2, 'unknown flag --limt. Did you mean "limit"?'],
    [['get'], 2, '<id> is missing'],
    [['get', 'nothing-here'], 6, 'there is no job with this id'],
    [['submit', 'math.ad'], 1, 'Did you mean "math.add"?'],
    [['submit', 'math.add', '--input', '{oops'], 2, '--input: not JSON'],
    [['submit', 'math.add', '--input', '{"b":1}'], 1, 'expected two numbers'],
    [['list', '--engine', 'mysql:x'], 1, 'names no known engine'],
    [['list', '--url', 'http://127.0.0.1:9'], 8, 'could not be reached'],
    [['keys', 'create', '--scope', 'jobs:raed'], 2, 'Did you mean "jobs:read"?'],
    [['token', 'mint', '--user', 'ada', '--ttl', '2h'], 2, 'at most 1h'],
  ])('waybill %j exits %i and says what to do', async (words, code, sentence) => {
    const ran = await run(words)
    expect(ran.talk).toContain(sentence)
    expect(ran.code).toBe(code)
    expect(ran.out).toBe('')
  })
})

test('keys are shown once, listed without their secret, and revoked only with a yes', async () => {
  const made = await run(['keys', 'create', '--scope', 'jobs:read', '--user', 'ada', '--json'])
  const { key, id } = JSON.parse(made.out)
  expect(key).toMatch(/^wbk_/)
  const listed = await run(['keys', 'list'])
  expect(listed.out).toContain(id)
  expect(listed.out).not.toContain(key)
  expect((await run(['keys', 'revoke', id])).code).toBe(2)
  expect((await run(['keys', 'revoke', id, '--yes'])).code).toBe(0)
})

test('doctor finds nothing wrong in a sound project and says what is missing elsewhere', async () => {
  const sound = await run(['doctor'])
  expect(sound.out).toMatch(/ok +engine +sqlite at .*durable/)
  expect(sound.code).toBe(0)
  const broken = await run(['doctor', '--json'], { WAYBILL_CONCURRENCY: 'many' })
  expect(broken.out).toContain('WAYBILL_CONCURRENCY: expected a whole number')
  expect(broken.code).toBe(1)
})

test('migrate says which layout the store has', async () => {
  const { out, code } = await run(['migrate', '--status', '--json'])
  expect(JSON.parse(out)).toMatchObject({ wanted: 1 })
  expect(code).toBe(0)
})

test('--help lists every verb, and each verb its flags', async () => {
  expect((await run(['--help'])).out).toContain('waybill <command>')
  expect((await run(['submit', '--help'])).out).toContain('--input JSON')
})
