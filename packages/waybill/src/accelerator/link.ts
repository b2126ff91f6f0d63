// One connection to the accelerator, or rather two: for commands, and for what others publish. The one place that touches
// the driver (ioredis). Nothing is queued, repeated or connected anew here: a link that has failed is thrown away whole.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis, RedisOptions } from 'ioredis'
import { WaybillError } from '../job/errors.ts'

export const connectMs = 5_000
export const commandMs = 250

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

export interface Listening {
  channel: string
  heard: (message: string) => void
  /** Either connection has ended, by whatever. Not told after `close`. */
  lost: (cause: unknown) => void
}

export class Link {
  readonly #client: Redis
  readonly #subscriber: Redis
  #closed = false

  private constructor(client: Redis, subscriber: Redis) {
    this.#client = client
    this.#subscriber = subscriber
  }

  /** Connects and subscribes. Rejects when there is no answer in time. */
  static async open(url: string, listening: Listening): Promise<Link> {
    const { Redis } = await import('ioredis').catch((cause: unknown) => {
      throw new WaybillError('bad_request', 'its driver is not installed; run: npm install ioredis', { cause })
    })
    const link = new Link(new Redis(url, options), new Redis(url, options))
    try {
      await link.#open(listening)
      return link
    } catch (error) {
      link.close()
      throw error
    }
  }

  async #open({ channel, heard, lost }: Listening): Promise<void> {
    let trouble: unknown = null
    for (const one of [this.#client, this.#subscriber]) {
      one.on('error', (error: unknown) => (trouble = error)) // without a listener it would end the process
      one.on('end', () => {
        if (!this.#closed) lost(trouble ?? new Error('the connection was closed'))
      })
    }
    this.#subscriber.on('message', (_, message) => heard(message))
    await Promise.all([this.#client.connect(), this.#subscriber.connect()]).catch((error: unknown) => {
      throw trouble ?? error // the driver's own words, "Connection is closed", say nothing
    })
    await this.#subscriber.subscribe(channel)
  }

  time(): Promise<unknown> {
    return this.#client.time()
  }

  /** The values of `keys` (null for what is not there), and the time just after they were read. */
  async read(keys: string[]): Promise<{ values: (string | null)[]; time: unknown }> {
    const [values, time] = await Promise.all([this.#client.mget(...keys), this.#client.time()])
    return { values, time }
  }

  /** Runs lua/forward.lua. Redis may have forgotten it (restart, flush): then its text is sent. */
  async forward(keys: string[], args: (string | number)[]): Promise<unknown> {
    try {
      return await this.#client.evalsha(sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    }
    return this.#client.eval(source, keys.length, ...keys, ...args)
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.#client.publish(channel, message)
  }

  /** For doctor. */
  info(): Promise<string> {
    return this.#client.info()
  }

  close(): void {
    this.#closed = true
    this.#client.disconnect()
    this.#subscriber.disconnect()
  }
}
