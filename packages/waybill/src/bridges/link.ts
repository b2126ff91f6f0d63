// One connection to the Redis that bridges write to. It comes back by itself and tells when; a command that cannot be
// answered fails at once or within its deadline, and is never sent twice. The one place here that touches the driver.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis, RedisOptions } from 'ioredis'
import { WaybillError } from '../job/errors.ts'
import { pause, type Clock } from '../lib/clock.ts'

export type Arg = string | number

export interface Script {
  source: string
  sha: string
}

const deadlineMs = 1_500
const readyMs = 3_000
const again = (times: number): number => Math.min(50 * 2 ** Math.min(times, 5), 1_000)

// Whoever only listens may hear nothing for long.
const forEars = {
  connectTimeout: 1_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: again,
  lazyConnect: true,
} satisfies RedisOptions
const forCommands = { ...forEars, commandTimeout: deadlineMs, socketTimeout: deadlineMs } satisfies RedisOptions

export function script(name: string): Script {
  const source = readFileSync(join(import.meta.dirname, 'lua', `${name}.lua`), 'utf8')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/** Told when Redis answers (again), and when it is lost. */
export type Turned = (isUp: boolean, cause: unknown) => void

export class Link {
  readonly #url: string
  readonly #turned = new Set<Turned>()
  #opening: Promise<void> | null = null
  #client: Redis | null = null
  readonly #subscribers: Redis[] = []
  #trouble: unknown = null
  #isUp = false
  #closed = false

  constructor(url: string) {
    this.#url = url
  }

  onTurn(turned: Turned): void {
    this.#turned.add(turned)
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Begins to connect, once, and goes on until `close`. Rejects when the driver is not there. */
  open(): Promise<void> {
    return (this.#opening ??= this.#open())
  }

  /** Resolves once Redis answers. Throws `engine_unavailable` when that takes too long. */
  async ready(clock: Clock): Promise<void> {
    await this.open()
    const late = new AbortController()
    this.onTurn((isUp) => isUp && late.abort())
    if (!this.#isUp) await pause(clock, readyMs, late.signal, true)
    if (!this.#isUp) throw this.#away()
  }

  async #open(): Promise<void> {
    const client = await this.#make(forCommands)
    if (this.#closed) return client.disconnect()
    this.#client = client
    client.on('ready', () => this.#turn(true))
    client.on('close', () => this.#turn(false))
    client.connect().catch((error: unknown) => this.#failed(error))
  }

  async run({ source, sha }: Script, keys: string[], args: Arg[]): Promise<unknown> {
    try {
      return await this.call('EVALSHA', sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!isNoScript(error)) throw error
    }
    return this.call('EVAL', source, keys.length, ...keys, ...args)
  }

  async call(command: string, ...args: Arg[]): Promise<unknown> {
    if (this.#client && this.#isUp) return this.#client.call(command, ...args)
    throw this.#away()
  }

  /** Calls back with each key of this pattern that is written, across reconnects, where Redis tells of writes. */
  async listen(pattern: string, heard: (key: string) => void): Promise<void> {
    const subscriber = await this.#make(forEars)
    if (this.#closed) return subscriber.disconnect()
    this.#subscribers.push(subscriber)
    subscriber.on('pmessage', (_, channel) => heard(channel.slice(channel.indexOf(':') + 1)))
    subscriber.on(
      'ready',
      () => void subscriber.psubscribe(`__keyspace@*__:${pattern}`).catch((error: unknown) => this.#failed(error)),
    )
    subscriber.connect().catch((error: unknown) => this.#failed(error))
  }

  close(): void {
    this.#closed = true
    this.#isUp = false
    this.#client?.disconnect()
    for (const one of this.#subscribers) one.disconnect()
  }

  async #make(options: typeof forEars): Promise<Redis> {
    const { Redis } = await import('ioredis').catch((cause: unknown) => {
      throw new WaybillError('bad_request', 'bridges need the driver of Redis; run: npm install ioredis', { cause })
    })
    const client = new Redis(this.#url, options)
    client.on('error', (error: unknown) => this.#failed(error)) // without a listener it would end the process
    return client
  }

  #away(): WaybillError {
    const what = 'the Redis of the bridges does not answer; see to it, or try again'
    return new WaybillError('engine_unavailable', what, { cause: this.#trouble, retryAfter: 1 })
  }

  #failed(error: unknown): void {
    this.#trouble = error
  }

  #turn(isUp: boolean): void {
    if (this.#isUp === isUp || this.#closed) return
    this.#isUp = isUp
    for (const turned of this.#turned) turned(isUp, this.#trouble)
  }
}

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** Texts of a reply; anything else is an error of ours. */
export function texts(reply: unknown): string[] {
  if (Array.isArray(reply)) return reply.map(String)
  throw new TypeError(`Redis answered ${typeof reply} where a list was expected`)
}
