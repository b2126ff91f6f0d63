// A small site in front of a real Waybill: pages under a strict content security policy, the API at the same address, a
// back end that mints view tokens, and jobs that do what the test says, step by step.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createWaybill,
  defineJob,
  UserError,
  type JobContext,
  type JobDefinition,
  type Waybill,
} from '../../src/index.ts'
import { toNodeHandler } from '../../src/http/index.ts'
import { silentLogger } from '../../src/lib/log.ts'
import { bundled } from './bundle.fixture.ts'

/** One step of a job. */
export type Step = { progress: number; message: string } | { result: string } | { refuse: string }

const key = 'an-operator-key-of-the-test'
const owner = 'ada'

/** The job that pages are typed by. */
export type Directed = JobDefinition<{ name: string }, { url: string }>

export interface Site {
  url: string
  waybill: Waybill
  job: Directed
  /** Submits a job; a worker begins it. */
  submit(name: string): Promise<string>
  step(name: string, step: Step): void
  /** Tokens minted so far; each is good for `ttlMs`. */
  minted: string[]
  ttlMs: number
  /** Event streams that the server has open. */
  streams(): Promise<number>
  close(): Promise<void>
}

const policy = "default-src 'self'"
const pages = new Map<string, Promise<string>>()

export async function openSite(): Promise<Site> {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-front-end-'))
  const script = new Script()
  const job: Directed = defineJob({ type: 'directed', retry: { attempts: 1 }, run: (ctx) => script.play(ctx) })
  const waybill = createWaybill({
    engine: `sqlite:${join(dir, 'jobs.db')}`,
    jobs: [job],
    apiKeys: [key],
    tokenSecret: 'a-secret-of-the-test-that-is-long-enough',
    logger: silentLogger,
  })
  await waybill.worker({ queues: ['default'] }).start()
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    if (path.startsWith('/api/') || path === '/metrics') return toNodeHandler(waybill.fetch)(request, response)
    if (path === '/token') return void mint().then((token) => answer(response, 'text/plain', token))
    if (path.endsWith('.js')) return void page(path).then((code) => answer(response, 'text/javascript', code))
    answer(response, 'text/html', html(new URL(path, site.url)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  const mint = async (): Promise<string> => {
    const response = await ask('/api/v1/tokens', { user_id: owner, ttl_ms: site.ttlMs })
    const { token } = (await response.json()) as { token: string }
    site.minted.push(token)
    return token
  }
  const ask = (path: string, body?: object): Promise<Response> =>
    fetch(site.url + path, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const site: Site = {
    url: `http://127.0.0.1:${address.port}`,
    waybill,
    job,
    minted: [],
    ttlMs: 60_000,
    submit: async (name) => (await waybill.enqueue(job, { name }, { userId: owner, title: name })).id,
    step: (name, step) => script.tell(name, step),
    streams: async () => Number(/^waybill_streams (\d+)/m.exec(await (await ask('/metrics')).text())?.[1]),
    async close() {
      script.end()
      await waybill.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(dir, { recursive: true })
    },
  }
  return site
}

function answer(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': policy }).end(body)
}

function page(path: string): Promise<string> {
  const file = new URL(`./pages${path.replace(/\.js$/, '.ts')}`, import.meta.url).pathname
  const known = pages.get(file) ?? bundled(file)
  pages.set(file, known)
  return known
}

// `/react?…`: the page that /react.js makes. `/element?job=…&token=…`: markup alone, beside /element.js.
function html({ pathname, searchParams }: URL): string {
  const markup = pathname === '/element' ? searchParams.getAll('job').map((job) => elementFor(job, searchParams)) : []
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title>
<script type="module" src="${pathname}.js"></script><main id="root">${markup.join('')}</main>`
}

function elementFor(job: string, given: URLSearchParams): string {
  const token = given.get('token')
  return `<waybill-progress job="${job}"${token ? ` token="${token}"` : ''}></waybill-progress>`
}

/** What each job is told to do, in turn. */
class Script {
  readonly #steps = new Map<string, Step[]>()
  #wake: (() => void)[] = []
  #over = false

  tell(name: string, step: Step): void {
    this.#steps.set(name, [...(this.#steps.get(name) ?? []), step])
    this.#rouse()
  }

  end(): void {
    this.#over = true
    this.#rouse()
  }

  async play(ctx: JobContext<{ name: string }>): Promise<{ url: string }> {
    for (;;) {
      const step = this.#steps.get(ctx.input.name)?.shift()
      if (ctx.signal.aborted || (this.#over && !step)) throw new UserError('stopped', 'It was stopped.')
      if (!step) await this.#more(ctx.signal)
      else if ('result' in step) return { url: step.result }
      else if ('refuse' in step) throw new UserError('refused', step.refuse)
      else ctx.progress(step.progress, step.message)
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      this.#wake.push(resolve)
    })
  }

  #rouse(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}
