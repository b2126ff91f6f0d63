// A store of each engine for tests of workers elsewhere, and its end.
import { freshDatabase, redisUrl } from '@waybill/servers'
import { randomUUID } from 'node:crypto'
import { emptied } from '../../src/engines/redis/fixture.ts'

export interface Store {
  url: string
  drop: () => Promise<void>
}

export const stores: [string, () => Promise<Store>][] = [
  ['SQLite', async () => ({ url: 'sqlite::memory:', drop: async () => {} })],
  ['PostgreSQL', freshDatabase],
  ['Redis', redisStore],
]

async function redisStore(): Promise<Store> {
  const url = `${await redisUrl()}?prefix=f${randomUUID()}:`
  return { url, drop: () => emptied(url) }
}
