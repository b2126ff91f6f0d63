// A small deployment: processes that serve and processes that work, two of each, on one store; processes that migrate it
// all at once; and the command itself with DATABASE_URL. Run by one test file an engine.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Place as CommandPlace, end, firstLine, lines } from '../../src/cli/cli.fixture.ts'
import { openEngine } from '../../src/engines/registry.ts'
import { began, Cast, leaseMs } from './cast.fixture.ts'
import type { Place, Places } from './store.fixture.ts'

export function deploymentFaults(start: () => Promise<Places>): void {
  let places: Places
  let place: Place
  let cast: Cast
  let commands: CommandPlace
  beforeAll(async () => {
    places = await start()
  })
  afterAll(() => places.stop())
  beforeEach(async () => {
    place = await places.store()
    cast = new Cast(place)
    commands = new CommandPlace()
  })
  afterEach(async () => {
    commands.remove()
    await cast.close()
  })

  test('two API and two worker processes: a key is one job wherever it is sent, and kill -9 of a worker loses none', async () => {
    const servers = await Promise.all([cast.server(), cast.server()])
    const [doomed, heir] = await Promise.all([cast.worker(), cast.worker()])
    const holds = began(doomed)
    const keys = Array.from({ length: 24 }, (_, n) => `key-${n}`)
    const submits = Promise.all(keys.map((key) => Promise.all(servers.map(({ url }) => submitted(url, key)))))
    await holds
    doomed.kill('SIGKILL')
    const killedAt = Date.now()
    const answers = await submits
    expect(answers.filter(([one, other]) => one !== other)).toEqual([])
    const ids = answers.map(([id = '']) => id)
    const jobs = await Promise.all(ids.map((id, n) => endOf(servers[(n + 1) % 2]?.url ?? '', id)))
    expect(jobs.map((job) => job['status'])).toEqual(ids.map(() => 'completed'))

    const histories = await Promise.all(ids.map((id) => cast.history(id)))
    const reclaimed = histories.filter(({ types }) => types.includes('lost'))
    expect(reclaimed.length).toBeGreaterThan(0)
    for (const { record, timeline, types } of reclaimed) {
      expect(types.filter((type) => type === 'completed')).toEqual(['completed'])
      expect(record).toMatchObject({ losses: 1, fails: 0, result: { pid: heir.pid } })
      expect((timeline.find(({ type }) => type === 'lost')?.at ?? 0) - killedAt).toBeLessThanOrEqual(leaseMs + 2_000)
    }
  })

  test('processes that migrate an empty store at the same time all succeed', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => commands.run(['migrate'], { DATABASE_URL: place.url })))
    expect(runs.filter(({ code }) => code !== 0)).toEqual([])
    const engine = await openEngine(place.url)
    const { found, wanted } = await engine.schema()
    expect(found).toBe(wanted)
    await engine.close()
  })

  test('`waybill serve` and `waybill work` with DATABASE_URL alone run a job that `waybill submit` sends', async () => {
    const env = { DATABASE_URL: place.url }
    const server = commands.start(['serve', '--port', '0', '--json'], env)
    const { url }: { url: string } = JSON.parse(await firstLine(server.stdout))
    const worker = commands.start(['work'], env)
    const words = ['submit', 'math.add', '-i', '{"a":1,"b":1}', '-w', '--url', url]
    const { code, out } = await commands.run(words, env)
    expect(lines(out).at(-1)).toMatchObject({ status: 'completed', result: { sum: 2 } })
    expect([code, await end(worker), await end(server)]).toEqual([0, 0, 0])
  })
}

async function submitted(server: string, key: string): Promise<string> {
  const response = await fetch(`${server}/api/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ type: 'patient', input: { ms: 400 } }),
  })
  return String((await json(response))['job_id'])
}

/** Long-polls until the job has ended. */
async function endOf(server: string, id: string): Promise<Record<string, unknown>> {
  for (;;) {
    const job = await json(await fetch(`${server}/api/v1/jobs/${id}?wait=10`))
    if (job['completed_at'] !== null && job['completed_at'] !== undefined) return job
  }
}

async function json(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text}`)
  const body: Record<string, unknown> = JSON.parse(text)
  return body
}
