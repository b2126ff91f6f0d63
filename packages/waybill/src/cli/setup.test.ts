// What the command stands on: Node's version, the config file, the environment; and doctor, who looks at them.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { launcher, lines, Place, project } from './cli.fixture.ts'

let folder = ''
let place: Place
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-project-'))
  place = new Place(folder)
})
afterEach(() => {
  place.remove()
  rmSync(folder, { recursive: true, force: true })
})

const config = (text: string, name = 'waybill.config.mjs') => writeFileSync(join(folder, name), text)
const doctor = async (env: Record<string, string> = {}, words: string[] = []) => {
  const { code, out } = await place.run(['doctor', '--json', ...words], { DATABASE_URL: '', ...env })
  const said = lines(out).map(({ level, about, text }) => `${String(level)} ${String(about)}: ${String(text)}`)
  return { code, said: said.join('\n') }
}

const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path) && isOld(path))
function isOld(path: string): boolean {
  return Number(/v(\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1]) < 24
}

test.skipIf(!oldNode)('a Node that is too old is told so in one line (needs one on this machine)', async () => {
  const ran = promisify(execFile)(oldNode ?? '', [launcher, 'doctor'])
  await expect(ran).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^waybill: Node \S+ is not supported; use 24\.15 .*\n$/),
  })
})

test('npx, which goes to the nearest package.json first, still means the folder one is in', async () => {
  const { stdout } = await promisify(execFile)('npx', ['--no-install', 'waybill', 'doctor', '--json'], {
    cwd: project,
    env: { ...process.env, DATABASE_URL: `sqlite:${join(place.dir, 'jobs.db')}` },
  })
  expect(stdout).toContain('cli-project/waybill.config.ts')
})

test('a reader that goes away ends the command quietly', async () => {
  const shell = `"${process.execPath}" "${launcher}" openapi | head -c 1`
  expect(await promisify(execFile)('sh', ['-c', shell], { cwd: folder })).toEqual({ stdout: '{', stderr: '' })
})

describe('the config file', () => {
  test('stands below .env, the environment and flags', async () => {
    config('export default { jobs: [], port: 1, concurrency: 2, host: "127.0.0.9", lease: "9s" }')
    writeFileSync(join(folder, '.env'), 'WAYBILL_LEASE=20s\n')
    const { said } = await doctor({ PORT: '3', WAYBILL_CONCURRENCY: '4' })
    expect(said).toContain('listens on 127.0.0.9:3, 4 jobs at once of all queues, lease 20 s')
    const flagged = await place.run(['serve', '--host', '10.1.1.1'], { HOST: '10.2.2.2' })
    expect(flagged.talk).toContain('reaches 10.1.1.1')
  })

  test.each([
    ['export default { jobz: [] }', 'Did you mean "jobs"?'],
    ['export default 7', 'expected `export default { jobs: [...] }`'],
    ['export default {', 'waybill.config.mjs: cannot be loaded: SyntaxError'],
    ['export default { concurrency: "8" }', 'concurrency: expected a number, got "8"'],
  ])('%s is refused with a sentence', async (text, sentence) => {
    config(text)
    const { code, talk } = await place.run(['list'])
    expect(code).toBe(1)
    expect(talk).toContain(sentence)
  })
})

describe('doctor', () => {
  test('in an empty folder: nothing fails, and nothing is made by looking', async () => {
    const { code, said } = await doctor()
    expect(said).toMatch(/warn config: no waybill\.config file here/)
    expect(said).toMatch(/warn auth: none/)
    expect(said).toMatch(/ok engine: sqlite:\.\/waybill\.db is not there yet/)
    expect(said).toMatch(/ok disk: /)
    expect(code).toBe(0)
    expect(readdirSync(folder)).toEqual([])
  })

  test('in a sound project: the engine, its layout, workers', async () => {
    await place.run(['migrate'], { DATABASE_URL: '' })
    const { code, said } = await doctor()
    expect(said).toMatch(/ok engine: sqlite at sqlite:\.\/waybill\.db, durable/)
    expect(said).toMatch(/ok layout: \d+, current/)
    expect(said).toMatch(/ok workers: none at this moment/)
    expect(code).toBe(0)
  })

  test('says that durability was traded away', async () => {
    await place.run(['migrate'], { DATABASE_URL: '' })
    const { said } = await doctor({ DATABASE_URL: 'sqlite:./waybill.db?synchronous=off' })
    expect(said).toMatch(/warn engine: .*volatile: acknowledged jobs may be lost/)
  })

  test('says that a file is no database, and ends with 1', async () => {
    writeFileSync(join(folder, 'waybill.db'), 'this is a letter to my grandmother, and no database at all')
    const { code, said } = await doctor()
    expect(said).toMatch(/fail engine: /)
    expect(code).toBe(1)
  })

  test('repeats no secret', async () => {
    const secrets = { WAYBILL_API_KEYS: 'hunter2hunter2', WAYBILL_TOKEN_SECRET: 'hunter2token' }
    const { said } = await doctor({ ...secrets, WAYBILL_JWT_SECRET: 'hunter2'.repeat(6) })
    expect(said).toContain('operator keys: 1, JWT by a shared secret')
    expect(said).toMatch(/fewer than 20 characters/)
    expect(said).not.toContain('hunter2')
    expect((await doctor({ DATABASE_URL: 'mysql://me:hunter2@host/db' })).said).not.toContain('hunter2')
  })

  test('names a variable that is spelt wrongly, a bad value, and keys that cannot be fetched', async () => {
    expect((await doctor({ WAYBILL_CONCURENCY: '3' })).said).toContain('Did you mean "WAYBILL_CONCURRENCY"?')
    const bad = await doctor({ WAYBILL_CONCURRENCY: 'many' })
    expect(bad).toMatchObject({ code: 1 })
    expect(bad.said).toContain('fail config: WAYBILL_CONCURRENCY: expected a whole number')
    const jwks = await doctor({ WAYBILL_JWT_JWKS_URL: 'http://127.0.0.1:1/jwks' })
    expect(jwks.said).toMatch(/fail auth: .*no token can be checked/)
    expect(jwks.code).toBe(1)
  })

  test('fails where serve would: an address others can reach, and no auth', async () => {
    expect(await doctor({ HOST: '0.0.0.0' })).toMatchObject({ code: 1 })
  })
})
