// URL scheme → engine, loaded when it is asked for. A new engine adds its one line here.
import type { Engine, EngineOptions } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'

type Open = (url: string, options: EngineOptions) => Promise<Engine>

const engines: Record<string, () => Promise<Open>> = {
  sqlite: async () => (await import('./sqlite/index.ts')).openSqlite,
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

/** A URL that may be shown: user and password are left out. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//***@')
}
