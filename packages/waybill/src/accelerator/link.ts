// One connection to the accelerator, or rather two: for commands, and for what others publish. The one place that touches
// the driver (ioredis). Nothing is queued, repeated or connected anew here: a link that has failed is thrown away whole.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis, RedisOptions } from 'ioredis'
import { WaybillError } from '../job/errors.ts'
import type { Clock } from '../lib/clock.ts'

const connectMs = 5_000
const commandMs = 250

const source = readFileSync(join(import.meta.dirname, 'lua/forward.lua'), 'utf8')
const sha = createHash('sha1').update(source).digest('hex')

const options = {
  connectTimeout: connectMs,
  commandTimeout: commandMs,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  retryStrategy: () => null,
  lazyConnect: true,
} satisfies RedisOptions

export interface LinkParts {
  clock: Clock
  url: string
  channel: string
  heard: (message: string) => void
  /** Either connection has ended, by whatever. Not told before it was open, nor after `close`. */
  lost: (link: Link, cause: unknown) => void
}

interface Connections {
  client: Redis
  subscriber: Redis
}

export class Link {
  readonly #parts: LinkParts
  #connections: Connections | null = null
  #trouble: unknown = null
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  /** Connects and subscribes. Rejects when that has not happened in time. */
  async open(): Promise<void> {
    const late = Promise.withResolvers<never>()
    const forget = this.#parts.clock.after(connectMs, () => late.reject(new Error('no answer in time')))
    try {
      await Promise.race([this.#subscribe(), late.promise])
      if (this.#state === 'closed') throw closed()
      this.#state = 'open'
    } finally {
      forget()
    }
  }

  async #subscribe(): Promise<void> {
    const { client, subscriber } = await this.#connect()
    await Promise.all([client.connect(), subscriber.connect()]).catch((error: unknown) => {
      throw this.#trouble ?? error // the driver's own words, "Connection is closed", say nothing
    })
    subscriber.on('message', (_, message) => this.#parts.heard(message))
    await subscriber.subscribe(this.#parts.channel)
  }

  async #connect(): Promise<Connections> {
    const { Redis } = await import('ioredis').catch((cause: unknown) => {
      throw new WaybillError('bad_request', 'its driver is not installed; run: npm install ioredis', { cause })
    })
    if (this.#state === 'closed') throw closed()
    const { url } = this.#parts
    const connections = { client: new Redis(url, options), subscriber: new Redis(url, options) }
    for (const one of Object.values(connections)) {
      one.on('error', (error: unknown) => (this.#trouble = error)) // without a listener it would end the process
      one.on('end', () => {
        if (this.#state === 'open') this.#parts.lost(this, this.#trouble ?? closed())
      })
    }
    return (this.#connections = connections)
  }

  get #client(): Redis {
    if (this.#connections) return this.#connections.client
    throw closed()
  }

  time(): Promise<unknown> {
    return this.#client.time()
  }

  /** The values of `keys` (null for what is not there), and the time just after they were read. */
  async read(keys: string[]): Promise<{ values: (string | null)[]; time: unknown }> {
    const [values, time] = await Promise.all([this.#client.mget(...keys), this.#client.time()])
    return { values, time }
  }

  /** Runs lua/forward.lua, answers its time; null when Redis is full and takes nothing. */
  async forward(keys: string[], args: (string | number)[]): Promise<unknown> {
    try {
      return await this.#run(keys, args)
    } catch (error) {
      if (isReply(error, 'OOM')) return null
      throw error
    }
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.#client.publish(channel, message)
  }

  // Redis may have forgotten the script (restart, flush): then its text is sent.
  async #run(keys: string[], args: (string | number)[]): Promise<unknown> {
    try {
      return await this.#client.evalsha(sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!isReply(error, 'NOSCRIPT')) throw error
    }
    return this.#client.eval(source, keys.length, ...keys, ...args)
  }

  /** For doctor. */
  info(): Promise<string> {
    return this.#client.info()
  }

  close(): void {
    this.#state = 'closed'
    this.#connections?.client.disconnect()
    this.#connections?.subscriber.disconnect()
  }
}

function closed(): Error {
  return new Error('the connection was closed')
}

function isReply(error: unknown, code: string): boolean {
  return error instanceof Error && error.message.startsWith(code)
}
