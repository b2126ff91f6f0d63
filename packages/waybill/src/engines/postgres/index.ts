// Opens `postgres://…`: see place.ts for the URL. Nothing is connected to before it is needed.
import { Socket } from 'node:net'
import type Pg from 'pg'
import type { Client, ClientConfig, CustomTypesConfig } from 'pg'
import type { EngineOptions } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { steadyClock, systemClock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { Caps } from './caps.ts'
import { ServerClock } from './clock.ts'
import { Db } from './db.ts'
import { PostgresEngine } from './engine.ts'
import { Hints } from './hints.ts'
import { Memo } from './memo.ts'
import { Notifier } from './notifier.ts'
import { Partitions } from './partitions.ts'
import { placeOf, type Place } from './place.ts'
import type { News, Store } from './store.ts'
import { Tallies } from './tallies.ts'

export { PostgresEngine }

const connectMs = 1_000
const idleMs = 30_000

/** Throws `bad_request` for a URL it cannot read. Does not connect, does not migrate. */
export async function openPostgres(url: string, options: EngineOptions = {}): Promise<PostgresEngine> {
  const place = placeOf(url)
  const pg = await driver()
  const types = ownTypes(pg)
  const pool = new pg.Pool({
    ...configOf(place.url, types),
    max: place.pool,
    idleTimeoutMillis: idleMs,
    allowExitOnIdle: true,
  })
  // A connection that breaks while nobody uses it is not news: the next use makes another.
  pool.on('error', ignored)
  pool.on('connect', (client) => client.on('error', ignored))
  return engineOver(new Db(pool, place.schema, steadyClock), place, options, () => {
    // Whoever only listens does not keep the process.
    return new pg.Client({ ...configOf(place.directUrl, types), stream: () => new Socket().unref() })
  })
}

function ignored(_: Error): void {
  // Whatever was asked of this connection has failed and said so.
}

function engineOver(db: Db, place: Place, options: EngineOptions, connect: () => Client): PostgresEngine {
  const channel = `waybill_${place.schema}`
  const self = newId()
  const notifier = new Notifier(db, systemClock, channel, self)
  const hints = new Hints({ db, clock: systemClock, notifier, channel, self, connect })
  const tallies = new Tallies(db)
  const store: Store = {
    db,
    clock: new ServerClock(systemClock, options.clockOffset ?? (() => 0)),
    memo: new Memo(),
    partitions: new Partitions(db),
    caps: new Caps(db, steadyClock),
    hintWithCommit: (news) => notifier.withCommit(news),
    tell(news: News, heard = false) {
      hints.tell(news)
      if (!heard) notifier.tell(news)
      tallies.wrote()
    },
    tellWithin: (session, news) => notifier.tellWithin(session, news),
  }
  return new PostgresEngine({ store, schema: place.schema, pool: place.pool, hints, notifier, tallies })
}

type Driver = Pick<typeof Pg, 'Client' | 'Pool' | 'types'>

async function driver(): Promise<Driver> {
  try {
    return (await import('pg')).default
  } catch (cause) {
    throw new WaybillError('bad_request', 'postgres: the driver is missing; run: npm install pg', { cause })
  }
}

function configOf(connectionString: string, types: CustomTypesConfig): ClientConfig {
  return {
    connectionString,
    types,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    fallback_application_name: 'waybill',
  }
}

const bigint = 20
const asText = [114, 3802] // json, jsonb: their text, parsed by whoever needs it

// For this engine's connections alone: numbers are numbers (all are below 2^53), JSON is text.
function ownTypes({ types }: Driver): CustomTypesConfig {
  return {
    getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
      if (oid === bigint) return Number
      if (asText.includes(oid)) return String
      const usual: (value: string) => unknown = types.getTypeParser(oid, format)
      return usual
    },
  }
}
