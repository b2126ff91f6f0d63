// What the tests of http/ share: a Waybill on SQLite in memory with its face, a make-believe auth, a listening server, and
// a reader of event streams.
import { z } from 'zod'
import { WaybillError } from '../job/errors.ts'
import { defineJob } from '../job/definition.ts'
import { completed, failed } from '../job/decide.ts'
import { silentLogger } from '../lib/log.ts'
import { aClaim } from '../engine/jobs.fixture.ts'
import type { Parts } from '../parts.ts'
import { WaybillCore, type WaybillOptions } from '../waybill.ts'
import { mayOwn, type Principal, type Verb } from './access.ts'
import { Face } from './face.ts'
import type { AuthFace, MintRequest } from './server.ts'

const jobs = [
  defineJob({ type: 'demo', run: () => ({ ok: true }) }),
  defineJob({ type: 'strict', input: z.object({ n: z.number() }), run: () => null }),
  defineJob({ type: 'video', queue: 'videos', run: () => null }),
]

const own = ['jobs:submit', 'jobs:read', 'jobs:control']
const user = (userId: string, scopes = own, more: Partial<Principal> = {}): Principal => ({
  userId,
  scopes: new Set(scopes),
  tier: null,
  operator: false,
  name: userId,
  ...more,
})

/** Bearer words that the make-believe auth knows. */
export const people: Record<string, Principal> = {
  ann: user('ann'),
  bob: user('bob'),
  reader: user('ann', ['jobs:read']),
  worker: { ...user('', ['work']), userId: null, name: 'worker' },
  minter: { ...user('', ['tokens:mint', 'metrics']), userId: null, name: 'minter' },
  auditor: { ...user('', ['admin:read']), userId: null, name: 'auditor' },
  admin: { ...user('', ['admin:read', 'admin:write']), userId: null, name: 'admin' },
  operator: { userId: null, scopes: new Set(), tier: null, operator: true, name: 'operator' },
}

export class FakeAuth implements AuthFace {
  readonly configured = true
  readonly minted: MintRequest[] = []

  principal(request: Request): Principal | Promise<Principal> {
    const token = new URLSearchParams(request.url.split('?')[1]).get('access_token')
    const word = request.headers.get('authorization')?.replace('Bearer ', '') ?? token ?? ''
    const known = people[word] ?? this.#minted(word)
    if (known) return known
    throw new WaybillError('unauthenticated', 'send Authorization: Bearer with an API key or token')
  }

  authorize(job: { id: string; userId: string | null }, who: Principal, verb: Verb): boolean {
    if (who.operator || who.scopes.has(`jobs:${verb}:any`)) return true
    if (!mayOwn(who, verb) || (who.jobs && !who.jobs.has(job.id))) return false
    return job.userId !== null && job.userId === who.userId
  }

  mint(request: MintRequest): { token: string; expiresAt: number } {
    this.minted.push(request)
    return { token: `minted-${this.minted.length}`, expiresAt: Date.now() + request.ttlMs }
  }

  #minted(word: string): Principal | undefined {
    const request = this.minted[Number(/^minted-(\d+)$/.exec(word)?.[1]) - 1]
    if (!request) return undefined
    const jobs = request.jobs ? { jobs: new Set(request.jobs) } : {}
    const scopes = request.signal ? ['jobs:read', 'jobs:signal'] : ['jobs:read']
    return user(request.userId, scopes, { ...jobs, expiresAt: Date.now() + request.ttlMs })
  }
}

export interface Stage {
  parts: Parts
  auth: FakeAuth
  face: Face
  core: WaybillCore
  /** A request as somebody of `people`; null: anonymous. */
  ask(
    who: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Response>
  /** Submits a `demo` job as somebody, answers its id. */
  submit(who: string, body?: object): Promise<string>
  claim(): Promise<{ id: string; fence: number }>
  complete(result?: null | object): Promise<string>
  fail(): Promise<string>
  close(): Promise<void>
}

export const base = 'http://localhost:8012'

export async function aStage(options: WaybillOptions = {}): Promise<Stage> {
  const core = new WaybillCore({ engine: 'sqlite::memory:', jobs, logger: silentLogger, ...options }, {}, '/nowhere')
  const parts = await core.parts()
  const auth = new FakeAuth()
  const face = new Face(() => core.parts(), { auth: () => auth })
  const ask: Stage['ask'] = async (who, method, path, body, headers = {}) => {
    const asked: Record<string, string> = { ...(who === null ? {} : { authorization: `Bearer ${who}` }), ...headers }
    const init: RequestInit = { method, headers: asked }
    if (body !== undefined) {
      init.body = typeof body === 'string' ? body : JSON.stringify(body)
      asked['content-type'] ??= 'application/json'
      asked['content-length'] ??= String(Buffer.byteLength(init.body))
    }
    return face.fetch(new Request(base + path, init))
  }
  const close = async (): Promise<void> => {
    face.stop()
    await core.close()
  }
  return { parts, auth, face, core, ask, close, ...verbs(parts, ask) }
}

function verbs({ engine }: Parts, ask: Stage['ask']): Pick<Stage, 'submit' | 'claim' | 'complete' | 'fail'> {
  const claim = async (): Promise<{ id: string; fence: number }> => {
    const { jobs: claimed, fence } = await engine.claim(aClaim({ max: 1 }))
    return { id: claimed[0]?.record.id ?? '', fence }
  }
  const record = async (id: string) => {
    const [found] = await engine.get([id])
    if (!found || !('record' in found)) throw new Error(`no job ${id}`)
    return found.record
  }
  return {
    claim,
    async submit(who, body = {}) {
      const response = await ask(who, 'POST', '/api/v1/jobs', { type: 'demo', ...body })
      if (response.status !== 202) throw new Error(await response.text())
      return (await read(response))['job_id'] as string
    },
    async complete(result = { ok: true }) {
      const { id, fence } = await claim()
      await engine.apply([completed(await record(id), fence, result as never)])
      return id
    },
    async fail() {
      const { id, fence } = await claim()
      const error = {
        code: 'bad_file',
        message: 'The file is broken.',
        retryable: false,
        ref: 'err_1',
        internal: { name: 'Error', message: 'secret inside', stack: 'secret stack', cause: null },
      }
      await engine.apply([failed(await record(id), fence, error, () => 0.5)])
      return id
    },
  }
}

export async function read(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}

/** Reads a stream of events; `until` resolves with the first that fits. */
export class Events {
  readonly all: { event: string; id: string | null; data: Record<string, unknown> }[] = []
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ''
  ended = false

  constructor(response: Response) {
    if (!response.body) throw new Error('no body')
    this.#reader = response.body.getReader()
  }

  async until(
    event: string,
    fits: (data: Record<string, unknown>) => boolean = () => true,
  ): Promise<Record<string, unknown>> {
    for (let from = 0; ; ) {
      const found = this.all.slice(from).find((one) => one.event === event && fits(one.data))
      if (found) return found.data
      from = this.all.length
      await this.#more(event)
    }
  }

  async end(): Promise<void> {
    while (!this.ended) await this.#more('')
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel()
  }

  async #more(event: string): Promise<void> {
    const { done, value } = await this.#reader.read()
    if (done && event !== '') throw new Error(`the stream ended before "${event}": ${JSON.stringify(this.all)}`)
    this.ended = done
    this.#text += this.#decoder.decode(value, { stream: true })
    const blocks = this.#text.split('\n\n')
    this.#text = blocks.pop() ?? ''
    for (const block of blocks) this.#take(block)
  }

  #take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null
    const event = field('event')
    if (event !== null) this.all.push({ event, id: field('id'), data: JSON.parse(field('data') ?? '{}') })
  }
}
