// Presets `status-json` and `status-legacy`: each job as a JSON text under a key of its own. The first is the view that its
// owner gets over HTTP, the second the members of `status-hash` in one text.
import { refuseUnknown } from '../job/definition.ts'
import type { JobRecord } from '../job/record.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import type { Bridge } from './desk.ts'
import { Keys } from './keys.ts'
import { insideOf, TextMirror } from './mirror-text.ts'
import { Selection, selectionNames, type SelectionOptions } from './selection.ts'
import { Wording, wordingNames, type WordingOptions } from './wording.ts'

interface TextOptions extends SelectionOptions {
  /** How long a text stays after the last change of its job. */
  ttl?: Duration
  /** Default: the Redis of the settings. */
  redis?: string
}

export interface StatusJsonOptions extends TextOptions {
  /** Default `job_status:{job_id}`. Default `ttl`: 300 s. */
  key?: string
}

export interface StatusLegacyOptions extends TextOptions, WordingOptions {
  /** Default `status:{queue}:{job_id}`. Default `ttl`: 24 h. */
  key?: string
}

const textNames: readonly (keyof StatusJsonOptions)[] = [...selectionNames, 'key', 'ttl', 'redis']

export function statusJson(options: StatusJsonOptions = {}): Bridge {
  const where = 'statusJson'
  refuseUnknown(options, textNames, where)
  const selection = new Selection(options, where)
  const keys = new Keys(options.key ?? 'job_status:{job_id}', where)
  const ttlMs = toMs(options.ttl ?? '300s', `${where}: ttl`)
  return {
    name: `status-json ${keys.template} ${selection.text}`,
    selection,
    redis: options.redis ?? null,
    mirror: { keys, form: 'text', ttlMs, expect: whatCounts },
    desk: ({ link, watch }) =>
      new TextMirror({ link, keys, ttlMs, inside: async (record) => (await watch.json(record)).slice(1, -1) }),
  }
}

export function statusLegacy(options: StatusLegacyOptions = {}): Bridge {
  const where = 'statusLegacy'
  refuseUnknown(options, [...textNames, ...wordingNames], where)
  const selection = new Selection(options, where)
  const keys = new Keys(options.key ?? 'status:{queue}:{job_id}', where)
  const wording = new Wording(options, where)
  const ttlMs = toMs(options.ttl ?? '24h', `${where}: ttl`)
  return {
    name: `status-legacy ${keys.template} ${selection.text}`,
    selection,
    redis: options.redis ?? null,
    mirror: { keys, form: 'text', ttlMs, expect: (record) => wording.texts(record) },
    desk: ({ link }) =>
      new TextMirror({
        link,
        keys,
        ttlMs,
        inside: (record) => insideOf([...wording.fields(record), ...wording.results(record)]),
      }),
  }
}

// What moves with the clock is left out.
function whatCounts({ id, status, progress, userId }: JobRecord): Map<string, string> {
  const members = { job_id: id, status, progress: JSON.stringify(progress), user_id: userId ?? 'null' }
  return new Map(Object.entries(members))
}
