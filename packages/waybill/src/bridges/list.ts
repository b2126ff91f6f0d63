// Preset `list`: jobs that become pending are pushed to a Redis list, where foreign workers take them with BLPOP.
import { refuseUnknown } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import type { Bridge, Desk, DeskParts } from './desk.ts'
import { Dispatch, type Reply } from './dispatch.ts'
import type { Link } from './link.ts'
import { Selection, selectionNames, type SelectionOptions } from './selection.ts'

export interface ListOptions extends SelectionOptions {
  /** The list, such as `translation_jobs`. */
  key: string
  /** A job that was taken from the list and not begun for so long is pushed again. Default 60 s. */
  redispatch?: Duration
  /**
   * For workers that answer over HTTP: each message carries `_waybill: { url, lease, worker_id }`, for `/worker/jobs/{id}/…` and
   * `/worker/heartbeat` of the API at `url` (such as `https://host/api/v1`). `silence`: as of `ingest`, default 10 min.
   */
  reply?: { url: string; silence?: Duration }
  /** Default: the Redis of the settings. */
  redis?: string
}

const names: readonly (keyof ListOptions)[] = [...selectionNames, 'key', 'redispatch', 'reply', 'redis']

/** Of jobs of `queues` (or `types`), one of which must be given. */
export function list(options: ListOptions): ListBridge {
  refuseUnknown(options, names, 'list')
  return new ListBridge(options)
}

export class ListBridge implements Bridge {
  readonly name: string
  readonly selection: Selection
  readonly redis: string | null
  readonly #key: string
  readonly #queues: readonly string[]
  readonly #redispatchMs: number
  readonly #reply: Reply | null
  #link: Link | null = null

  constructor({ key, redispatch = '60s', reply, redis, ...selection }: ListOptions) {
    if (typeof key !== 'string' || key === '') throw bad('key: expected the name of a list, such as "translation_jobs"')
    if (!selection.queues && !selection.types)
      throw bad('say whose jobs go to the list: { queues: [...] } or { types: [...] }')
    this.name = `list ${key}`
    this.selection = new Selection(selection, 'list')
    this.redis = redis ?? null
    this.#key = key
    this.#queues = selection.queues ?? []
    this.#redispatchMs = toMs(redispatch, 'list: redispatch')
    this.#reply = reply === undefined ? null : replyOf(reply)
  }

  desk(parts: DeskParts): Desk {
    this.#link = parts.link
    return new Dispatch(parts, {
      name: this.name,
      key: this.#key,
      queues: this.#queues,
      redispatchMs: this.#redispatchMs,
      reply: this.#reply,
    })
  }

  /** How many messages wait in the list. Throws `engine_unavailable` while its Redis is away. */
  async length(): Promise<number> {
    const length = await this.#link?.call('LLEN', this.#key)
    if (typeof length === 'number') return length
    throw new WaybillError(
      'engine_unavailable',
      `list ${this.#key}: it is known once a worker or server of this Waybill runs`,
      { retryAfter: 1 },
    )
  }

  /** Whether its Redis answers. */
  get isUp(): boolean {
    return this.#link?.isUp ?? false
  }
}

function replyOf(reply: NonNullable<ListOptions['reply']>): Reply {
  refuseUnknown(reply, ['url', 'silence'], 'list reply')
  if (!/^https?:$/.test(URL.parse(reply.url)?.protocol ?? ''))
    throw bad(`reply.url: expected the address of the API, such as https://host/api/v1, got "${reply.url}"`)
  return { url: reply.url.replace(/\/$/, ''), leaseMs: toMs(reply.silence ?? '10m', 'list: reply.silence') }
}

function bad(why: string): WaybillError {
  return new WaybillError('bad_request', `list: ${why}`)
}
