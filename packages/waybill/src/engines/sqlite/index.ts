// Opens `sqlite:PATH`: `sqlite:./waybill.db`, `sqlite:/var/lib/app/waybill.db`, `sqlite::memory:`.
// `?synchronous=full|normal|off` trades durability for speed; full is the default and the only one that survives a power cut whole.
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { EngineHealth, EngineOptions } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { pause, systemClock } from '../../lib/clock.ts'
import { errorText } from '../../lib/error-text.ts'
import { didYouMean } from '../../lib/suggest.ts'
import { Db, isBusy } from './db.ts'
import { SqliteEngine } from './engine.ts'

export { SqliteEngine }

const durabilities: Record<string, EngineHealth['durability']> = {
  full: 'durable',
  normal: 'relaxed',
  off: 'volatile',
}

interface Place {
  path: string | null
  synchronous: string
}

/** Opens a file, made when it is not there; does not migrate. Throws `bad_request` for a URL it cannot read. */
export async function openSqlite(url: string, options: EngineOptions = {}): Promise<SqliteEngine> {
  const { path, synchronous } = placeOf(url)
  const db = made(path)
  await setUp(
    db,
    path,
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY`,
  )
  return new SqliteEngine(db, path, durabilities[path === null ? 'off' : synchronous] ?? 'durable', options)
}

function placeOf(url: string): Place {
  const [name = '', query = ''] = url.slice('sqlite:'.length).split('?', 2)
  if (name === '') throw new WaybillError('bad_request', 'sqlite: the URL names no file; write sqlite:./waybill.db')
  const settings = new URLSearchParams(query)
  for (const key of settings.keys()) {
    if (key !== 'synchronous')
      throw new WaybillError('bad_request', `sqlite: unknown setting "${key}".${didYouMean(key, ['synchronous'])}`)
  }
  const synchronous = (settings.get('synchronous') ?? 'full').toLowerCase()
  if (!Object.hasOwn(durabilities, synchronous)) {
    throw new WaybillError('bad_request', `sqlite: synchronous is full, normal or off, got "${synchronous}"`)
  }
  return { path: name === ':memory:' ? null : resolve(name.replace(/^\/\/(?=\/)/, '')), synchronous }
}

// Turning a new file to WAL needs it alone for an instant, and another process may be doing the same: try again, 10 s at most.
async function setUp(db: Db, path: string | null, pragmas: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return db.exec(pragmas)
    } catch (error) {
      if (isBusy(error) && attempt < 2_000) await pause(systemClock, 5, undefined, true)
      else {
        db.close()
        throw openError(path, error)
      }
    }
  }
}

function made(path: string | null): Db {
  try {
    if (path !== null) mkdirSync(dirname(path), { recursive: true })
    return Db.open(path ?? ':memory:')
  } catch (error) {
    throw openError(path, error)
  }
}

function openError(path: string | null, cause: unknown): WaybillError {
  const detail = `SQLite: cannot open ${path ?? ':memory:'}: ${errorText(cause)}`
  return new WaybillError(
    'engine_unavailable',
    `${detail}; is it a database file that this user may write, in a folder of theirs?`,
    {
      cause,
      retryAfter: 1,
    },
  )
}

/** True when the file of a `sqlite:` URL is there already. */
export function sqliteFileExists(url: string): boolean {
  const { path } = placeOf(url)
  return path !== null && existsSync(path)
}
