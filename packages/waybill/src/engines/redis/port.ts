// The one place that touches the driver (ioredis): a connection for commands and one for hints. Nothing waits longer
// than a deadline and nothing is sent twice: what timed out may have happened, and its caller is told so.
import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis'
import { WaybillError } from '../../job/errors.ts'
import { pause, systemClock } from '../../lib/clock.ts'
import type { Script } from './scripts.ts'

export type Arg = string | number

/** No answer for this long: the call fails and its connection is made anew. */
const deadlineMs = 1_500
/** Opening gives up after this long. */
const openMs = 2_000
const reconnect = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 1_000)

/** Of every connection, to one server or to a node. */
export type ConnectionOptions = Pick<
  RedisOptions,
  | 'connectTimeout'
  | 'commandTimeout'
  | 'socketTimeout'
  | 'enableOfflineQueue'
  | 'maxRetriesPerRequest'
  | 'autoResendUnfulfilledCommands'
  | 'retryStrategy'
  | 'lazyConnect'
>

/** Options of every connection; user, password, database and TLS come from the URL. */
export const connectionOptions: ConnectionOptions = {
  connectTimeout: 1_000,
  commandTimeout: deadlineMs,
  socketTimeout: deadlineMs,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: reconnect,
  lazyConnect: true,
}

export const clusterOptions: ClusterOptions = {
  enableOfflineQueue: false,
  lazyConnect: true,
  shardedSubscribers: true,
  slotsRefreshTimeout: 1_000,
  clusterRetryStrategy: reconnect,
}

// What ends a subscription and what makes a connection for one, of a server and of a cluster's nodes.
const cutBy = ['close', '-node', '-subscriber'] as const
const madeBy = ['ready', 'subscribersReady'] as const

export class Port {
  readonly #client: Redis | Cluster
  readonly #subscriber: Redis | Cluster
  readonly #at: string
  /** What the last connection ended with. */
  #trouble: string | null = null
  /** Each asks for the channels of one listener. */
  readonly #subscribes = new Set<() => Promise<void>>()
  #closed = false

  /** `client` is not connected yet. In a cluster one client serves both. `at`: the hosts, for messages. */
  constructor(client: Redis | Cluster, subscriber: Redis | Cluster, at: string) {
    this.#client = client
    this.#subscriber = subscriber
    this.#at = at
    // Without a listener an error event ends the process.
    for (const one of [client, subscriber]) one.on('error', (error: unknown) => this.#note(error))
  }

  async open(): Promise<void> {
    const enough = new AbortController()
    const late = pause(systemClock, openMs, enough.signal).then(() => 'late')
    try {
      if ((await Promise.race([this.#client.connect(), late])) === 'late')
        throw new Error(`no answer within ${openMs / 1_000} s`)
    } catch (error) {
      this.#note(error)
      await this.close()
      throw this.#away(error)
    } finally {
      enough.abort()
    }
  }

  /** Runs a script on a shard. Redis may have forgotten it (restart, failover, flush): then its text is sent. */
  async run(script: Script, shard: string, args: Arg[]): Promise<unknown> {
    try {
      return await this.#client.call('EVALSHA', script.sha, 1, shard, ...args)
    } catch (error) {
      if (!isNoScript(error)) throw this.#error(error)
    }
    return this.call('EVAL', script.source, 1, shard, ...args)
  }

  async call(command: string, ...args: Arg[]): Promise<unknown> {
    try {
      return await this.#client.call(command, ...args)
    } catch (error) {
      throw this.#error(error)
    }
  }

  /** The answers of every server that holds keys: of one, or of all masters of a cluster. */
  async everywhere(command: string, ...args: Arg[]): Promise<unknown[]> {
    const servers = 'nodes' in this.#client ? this.#client.nodes('master') : [this.#client]
    try {
      return await Promise.all(servers.map((server) => server.call(command, ...args)))
    } catch (error) {
      throw this.#error(error)
    }
  }

  /**
   * Calls back with every message of these channels, across reconnects. `whole` is told true once all of them are heard,
   * and false at once when messages may be missed.
   */
  listen(channels: string[], said: (channel: string, message: string) => void, whole: (is: boolean) => void): void {
    const subscriber = this.#subscriber
    let cuts = 0
    const cut = (): void => {
      cuts++
      if (!this.#closed) whole(false)
    }
    const subscribe = async (): Promise<void> => {
      const before = cuts
      try {
        await Promise.all(channels.map((channel) => subscriber.ssubscribe(channel)))
        if (cuts === before && !this.#closed) whole(true)
      } catch {
        return // not connected, or refused: asked again by the next connection, or by `listenAgain`
      }
    }
    this.#subscribes.add(subscribe)
    subscriber.on('smessage', said)
    for (const event of cutBy) subscriber.on(event, cut)
    for (const event of madeBy) subscriber.on(event, () => void subscribe())
    if (subscriber === this.#client || subscriber.status === 'ready') void subscribe()
    else if (subscriber.status === 'wait') subscriber.connect().catch((error: unknown) => this.#note(error)) // the driver goes on trying
  }

  /** Asks for the channels once more: they may have been refused, or cut off with nothing made anew after it. */
  listenAgain(): void {
    if (this.#subscriber.status === 'ready') for (const subscribe of this.#subscribes) void subscribe()
  }

  close(): Promise<void> {
    this.#closed = true
    this.#subscriber.disconnect()
    this.#client.disconnect()
    return Promise.resolve()
  }

  #error(error: unknown): unknown {
    if (this.#closed) return new WaybillError('engine_unavailable', 'Redis: the engine is closed', { cause: error })
    return error instanceof Error && isOffline.test(error.message) ? this.#away(error) : storeError(error)
  }

  // The driver's own words for "not connected" say nothing: what ended the connection does.
  #note(error: unknown): void {
    const inner = error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : error
    if (inner instanceof Error && !isOffline.test(inner.message)) this.#trouble = inner.message
  }

  #away(cause: unknown): WaybillError {
    const why = this.#trouble === null ? '' : `: ${this.#trouble}`
    return new WaybillError('engine_unavailable', `Redis at ${this.#at} cannot be reached${why}`, {
      cause,
      retryAfter: 1,
    })
  }
}

const isOffline =
  /^(Connection is closed|Stream isn't writeable|None of startup nodes|Cluster isn't ready|All sentinels are unreachable)/

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

// What Redis answers when the store, not the command, is at fault: full, read-only, loading, electing, moved away.
const storeFaults =
  /^(OOM|MISCONF|READONLY|LOADING|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|TRYAGAIN|BUSY|NOAUTH|WRONGPASS|MOVED|ASK|UNBLOCKED)\b/
const answered = /^[A-Z]{2,} /

/** The error as callers know it. A reply that blames the command itself is a defect of ours and stays what it is. */
function storeError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof WaybillError) return error
  const isDefect = error.name === 'ReplyError' && answered.test(error.message) && !storeFaults.test(error.message)
  return isDefect ? error : unavailable(error)
}

function unavailable(cause: unknown): WaybillError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new WaybillError('engine_unavailable', `Redis: ${detail}`, { cause, retryAfter: 1 })
}
