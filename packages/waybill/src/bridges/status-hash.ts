// Preset `status-hash`: each job as a hash that redis-cli and any client can read. With `ingest`, foreign workers may write
// there as they always did, and the job follows.
import { refuseUnknown } from '../job/definition.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import type { Bridge } from './desk.ts'
import { Keys } from './keys.ts'
import { foreignWorker } from '../foreign/on-behalf.ts'
import { ListeningMirror } from './listening-mirror.ts'
import { HashMirror } from './mirror-hash.ts'
import { Selection, selectionNames, type SelectionOptions } from './selection.ts'
import { Wording, wordingNames, type WordingOptions } from './wording.ts'

export interface StatusHashOptions extends SelectionOptions, WordingOptions {
  /** Default `job:{job_id}`. */
  key?: string
  /** How long a hash stays after the last change of its job. Default 24 h. */
  ttl?: Duration
  /**
   * Follow what others write there with HSET: `processing`, progress, and how a job ends. `silence`: how long such a worker
   * may say nothing before its job is taken back (default 10 min). Default: nothing is followed.
   */
  ingest?: boolean | { silence?: Duration }
  /** Default: the Redis of the settings. */
  redis?: string
}

const names: readonly (keyof StatusHashOptions)[] = [
  ...selectionNames,
  ...wordingNames,
  'key',
  'ttl',
  'ingest',
  'redis',
]
const defaultSilence = '10m'

export function statusHash(options: StatusHashOptions = {}): Bridge {
  const where = 'statusHash'
  refuseUnknown(options, names, where)
  const selection = new Selection(options, where)
  const keys = new Keys(options.key ?? 'job:{job_id}', where)
  const wording = new Wording(options, where)
  const ttlMs = toMs(options.ttl ?? '24h', `${where}: ttl`)
  const name = `status-hash ${keys.template} ${selection.text}`
  const silenceMs = silenceOf(options.ingest ?? false, where)
  return {
    name,
    selection,
    redis: options.redis ?? null,
    mirror: { keys, form: 'hash', ttlMs, expect: (record) => wording.texts(record) },
    desk: (parts) => {
      const hash = { link: parts.link, keys, wording, ttlMs }
      if (silenceMs === null) return new HashMirror(hash)
      return new ListeningMirror(hash, {
        ...parts,
        wording,
        selection,
        leaseMs: silenceMs,
        workerId: foreignWorker(name),
      })
    },
  }
}

function silenceOf(wish: boolean | { silence?: Duration }, where: string): number | null {
  if (wish === false) return null
  const options = wish === true ? {} : wish
  refuseUnknown(options, ['silence'], `${where} ingest`)
  return toMs(options.silence ?? defaultSilence, `${where}: ingest.silence`)
}
