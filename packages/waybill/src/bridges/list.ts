// Preset `list`: jobs that become pending are pushed to a Redis list, where foreign workers take them with BLPOP.
import { refuseUnknown } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import type { Bridge, Desk, DeskParts } from './desk.ts'
import { Dispatch } from './dispatch.ts'
import type { Link } from './link.ts'
import { Selection, selectionNames, type SelectionOptions } from './selection.ts'

export interface ListOptions extends SelectionOptions {
  /** The list, such as `translation_jobs`. */
  key: string
  /** A job that was taken from the list and not begun for so long is pushed again. Default 60 s. */
  redispatch?: Duration
  /** Default: the Redis of the settings. */
  redis?: string
}

const names: readonly (keyof ListOptions)[] = [...selectionNames, 'key', 'redispatch', 'redis']

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
  #link: Link | null = null

  constructor({ key, redispatch = '60s', redis, ...selection }: ListOptions) {
    if (typeof key !== 'string' || key === '') throw bad('key: expected the name of a list, such as "translation_jobs"')
    if (!selection.queues && !selection.types)
      throw bad('say whose jobs go to the list: { queues: [...] } or { types: [...] }')
    this.name = `list ${key}`
    this.selection = new Selection(selection, 'list')
    this.redis = redis ?? null
    this.#key = key
    this.#queues = selection.queues ?? []
    this.#redispatchMs = toMs(redispatch, 'list: redispatch')
  }

  desk(parts: DeskParts): Desk {
    this.#link = parts.link
    return new Dispatch(parts, {
      name: this.name,
      key: this.#key,
      queues: this.#queues,
      redispatchMs: this.#redispatchMs,
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

function bad(why: string): WaybillError {
  return new WaybillError('bad_request', `list: ${why}`)
}
