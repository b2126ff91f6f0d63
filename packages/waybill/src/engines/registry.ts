// URL scheme → engine, loaded when it is asked for. A new engine adds its one line here.
import type { Engine, EngineOptions } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'

type Open = (url: string, options: EngineOptions) => Promise<Engine>

const engines: Record<string, () => Promise<Open>> = {
  redis: async () => (await import('./redis/index.ts')).openRedis,
  rediss: async () => (await import('./redis/index.ts')).openRedis,
  valkey: async () => (await import('./redis/index.ts')).openRedis,
  valkeys: async () => (await import('./redis/index.ts')).openRedis,
  sqlite: async () => (await import('./sqlite/index.ts')).openSqlite,
  postgres: async () => (await import('./postgres/index.ts')).openPostgres,
  postgresql: async () => (await import('./postgres/index.ts')).openPostgres,
}

/** Opens the engine that a URL such as `sqlite:./waybill.db` names. Does not migrate. */
export async function openEngine(url: string, options: EngineOptions = {}): Promise<Engine> {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  const load = Object.hasOwn(engines, scheme) ? engines[scheme] : undefined
  if (!load)
    throw new WaybillError('bad_request', `engine: "${withoutSecrets(url)}" names no known engine; use ${known()}`)
  const open = await load()
  return open(url, options)
}

function known(): string {
  return Object.keys(engines)
    .map((scheme) => `${scheme}:…`)
    .join(', ')
}

/** A URL that may be shown: users and passwords are left out, also of the URLs among its settings. */
export function withoutSecrets(url: string): string {
  const [place = '', ...settings] = url.split('?')
  const shown = place.replace(/:\/\/.*@/, '://***@')
  return [shown, ...settings.map((text) => text.split('&').map(shownSetting).join('&'))].join('?')
}

function shownSetting(text: string): string {
  return /@|%40|pass|secret/i.test(text) ? text.replace(/=.*/s, '=***') : text
}
