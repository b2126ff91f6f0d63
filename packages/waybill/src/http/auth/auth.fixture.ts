// What the tests of auth share: Auth on a store in memory whose clock the test owns, and requests.
import { openEngine } from '../../engines/registry.ts'
import type { Engine } from '../../engine/engine.ts'
import type { AuthSettings } from '../../config/settings.ts'
import { WaybillError } from '../../job/errors.ts'
import type { Principal } from '../access.ts'
import { Auth } from './auth.ts'

export interface Gate {
  auth: Auth
  engine: Engine
  /** Moves the engine's clock. */
  advance(ms: number): void
  /** Another process on the same store. */
  another(settings?: Partial<AuthSettings>): Auth
}

const none: AuthSettings = { apiKeys: [], jwt: null, tokenSecret: null }

export async function aGate(settings: Partial<AuthSettings>): Promise<Gate> {
  let offset = 0
  const engine = await openEngine('sqlite::memory:', { clockOffset: () => offset })
  await engine.migrate()
  const another = (more: Partial<AuthSettings> = settings) => new Auth(engine, { auth: { ...none, ...more } })
  return { auth: another(), engine, another, advance: (ms) => (offset += ms) }
}

export function request(credential: string | null, path = '/api/v1/jobs/j1', method = 'GET'): Request {
  const headers: Record<string, string> = credential === null ? {} : { authorization: `Bearer ${credential}` }
  return new Request(`http://localhost${path}`, { method, headers })
}

/** The code that somebody with this request is refused with, or null when they are let in. */
export async function refusal(auth: Auth, asked: Request): Promise<string | null> {
  try {
    await auth.principal(asked)
    return null
  } catch (error) {
    if (error instanceof WaybillError) return error.code
    throw error
  }
}

export function scopesOf({ scopes }: Principal): string[] {
  return [...scopes].sort()
}
