// The words of the command line: what is refused and with which sentence, and the help. In this process, for speed.
import { afterAll, describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Place, project, type Ran } from './cli.fixture.ts'
import { run } from './main.ts'
import { verbs } from './verbs.ts'

const place = new Place()
afterAll(() => place.remove())

async function say(words: string[]): Promise<Ran> {
  let [out, talk] = ['', '']
  const terminal = {
    out: (text: string) => void (out += text),
    say: (text: string) => void (talk += `${text}\n`),
    tty: false,
    columns: 80,
    colour: false,
    confirm: async () => false,
  }
  const env = { DATABASE_URL: `sqlite:${join(place.dir, 'jobs.db')}`, WAYBILL_LOG_LEVEL: 'error' }
  const code = await run(words, terminal, env, project)
  return { code, out, talk }
}

describe('wrong words', () => {
  test.each([
    [['sumbit'], 2, 'Did you mean "submit"?'],
    [['list', '--limt', '3'], 2, 'unknown flag --limt. Did you mean "limit"?'],
    [['get'], 2, '<id> is missing'],
    [['get', 'a', 'b'], 2, '"b" is one word too many'],
    [['watch', 'a', '--timeout', 'soon'], 2, '--timeout: expected a duration'],
    [['list', '--status', 'faild'], 2, 'Did you mean "failed"?'],
    [['list', '--url', 'localhost'], 2, '--url: expected an address such as'],
    [['submit', 'math.add', '--input', '@nowhere.json'], 2, 'the file "nowhere.json" cannot be read'],
    [['list', '--config', 'nowhere.ts'], 1, 'which does not exist'],
    [['get', 'nothing-here'], 6, 'there is no job with this id'],
    [['submit', 'math.ad'], 1, 'Did you mean "math.add"?'],
    [['submit', 'math.add', '--input', '{oops'], 2, '--input: not JSON'],
    [['submit', 'math.add', '--input', '{"b":1}'], 1, 'expected two numbers'],
    [['list', '--engine', 'mysql:x'], 1, 'names no known engine'],
    [['list', '--url', 'http://127.0.0.1:9'], 8, 'could not be reached'],
    [['keys', 'create', '--scope', 'jobs:raed'], 2, 'Did you mean "jobs:read"?'],
    [['keys', 'create', '--scope', 'jobs:read'], 2, "one's own jobs"],
    [['token', 'mint', '--user', 'ada', '--ttl', '2h'], 2, 'at most 1h'],
    [['stats', '--window', 'soon'], 2, 'is a duration from 60 s to 7 d'],
    [['keys', 'rotate'], 2, 'unknown action "rotate"'],
    [['work', '--concurrency', 'many'], 2, '--concurrency: expected a whole number'],
  ])('waybill %j exits %i and says what to do', async (words, code, sentence) => {
    const ran = await say(words)
    expect(ran.talk).toContain(sentence)
    expect(ran.code).toBe(code)
    expect(ran.out).toBe('')
  })
})

test.each(['--version', '-v', 'version'])('%s says which version this is', async (word) => {
  const manifest = JSON.parse(readFileSync(join(project, '../../package.json'), 'utf8'))
  expect(await say([word])).toEqual({
    code: 0,
    out: `waybill ${manifest.version} (Node ${process.versions.node})\n`,
    talk: '',
  })
})

test('stats tells how jobs fared', async () => {
  const { code, out } = await say(['stats', '--window', '10m', '--by', 'queue'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ window_ms: 600_000, by: 'queue', items: [] })
})

test('--help lists every verb with a line of its own', async () => {
  const { out, code } = await say(['--help'])
  for (const name of Object.keys(verbs)) expect(out).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
  expect(code).toBe(0)
})

test.each(Object.keys(verbs))('%s --help shows its flags, and --json and --config are among them', async (name) => {
  const { out, code } = await say([name, '--help'])
  expect(out).toMatch(new RegExp(`^waybill ${name}`))
  expect(out).toContain('--json')
  expect(out).toContain('--config FILE')
  expect(code).toBe(0)
})

test.each(Object.entries(verbs))('docs/reference/cli.md shows how %s is called', async (name, load) => {
  const page = readFileSync(fileURLToPath(new URL('../../../../docs/reference/cli.md', import.meta.url)), 'utf8')
  const { usage } = await load()
  expect(page).toContain(`| \`${`waybill ${name} ${usage}`.trim().replaceAll('|', '\\|')}\` |`)
})
