// API keys: `wbk_` and 32 random bytes. Only the SHA-256 is stored (a key is random enough to need no salt); the key
// itself is shown once, when it is made.
import type { ReadEngine, WriteEngine } from '../../engine/engine.ts'
import { newSecret, sha256 } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Principal } from '../access.ts'
import { parseScopes } from './scopes.ts'

/** The kind of document that an API key is. */
export const keyKind = 'api_key'

export interface NewKey {
  name: string
  /** Whose jobs the key may touch; null: nobody's own, only what `:any` scopes allow. */
  userId: string | null
  scopes: string[]
  tier: string | null
}

export interface KeyRow extends NewKey {
  /** What the key is called in lists and when it is revoked. */
  id: string
  /** The last four characters, to recognise it by. */
  tail: string
  createdAt: number
}

/**
 * Makes a key. The answer is the only place where it ever stands whole. Throws a TypeError for an unknown scope, for
 * none, and for a scope that speaks of one's own jobs without saying whose they are.
 */
export async function createKey(engine: WriteEngine & ReadEngine, key: NewKey): Promise<{ key: string; row: KeyRow }> {
  const scopes = scopesFor(key)
  const secret = `wbk_${newSecret(32)}`
  const hash = sha256(secret)
  const row: KeyRow = { ...key, scopes, id: hash.slice(0, 12), tail: secret.slice(-4), createdAt: engine.now() }
  await engine.putDoc(keyKind, hash, bodyOf(row), 0)
  return { key: secret, row }
}

function scopesFor({ scopes: given, userId }: NewKey): string[] {
  const scopes = parseScopes(given.join(' '))
  if (scopes.length === 0) throw new TypeError('a key without scopes could do nothing; name at least one')
  const own = scopes.find((scope) => /^jobs:\w+$/.test(scope))
  if (own === undefined || userId !== null) return scopes
  throw new TypeError(`the scope ${own} is about one's own jobs: say whose (--user), or take ${own}:any`)
}

export async function listKeys(engine: ReadEngine): Promise<KeyRow[]> {
  return (await engine.docs(keyKind)).map((doc) => rowOf(doc.key, doc.body))
}

/** Revokes by id. False when there is no such key. Processes that know the key forget it within 5 s. */
export async function revokeKey(engine: WriteEngine & ReadEngine, id: string): Promise<boolean> {
  const doc = (await engine.docs(keyKind)).find((one) => one.key.slice(0, 12) === id)
  return doc !== undefined && engine.putDoc(keyKind, doc.key, null, null)
}

/** Whose key it is; null when there is none such. */
export async function principalOfKey(engine: ReadEngine, secret: string): Promise<Principal | null> {
  const hash = sha256(secret)
  const [doc] = await engine.docs(keyKind, hash)
  if (!doc) return null
  const { userId, scopes, tier, name } = rowOf(doc.key, doc.body)
  return { userId, scopes: new Set(scopes), tier, operator: false, name: `key ${name}` }
}

function bodyOf(row: KeyRow): JsonObject {
  return {
    name: row.name,
    user_id: row.userId,
    scopes: row.scopes,
    tier: row.tier,
    tail: row.tail,
    created_at: row.createdAt,
  }
}

function rowOf(hash: string, body: JsonObject): KeyRow {
  const text = (name: string): string | null => (typeof body[name] === 'string' ? body[name] : null)
  const scopes = Array.isArray(body['scopes']) ? body['scopes'].filter((scope) => typeof scope === 'string') : []
  return {
    id: hash.slice(0, 12),
    name: text('name') ?? '',
    userId: text('user_id'),
    tier: text('tier'),
    tail: text('tail') ?? '',
    scopes,
    createdAt: Number(body['created_at'] ?? 0),
  }
}
