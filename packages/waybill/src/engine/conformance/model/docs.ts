// putDoc, lead: small records that operators own, and roles that one holder has at a time.
import type { Doc } from '../../engine.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { docPlace, type Store } from './store.ts'

export interface DocWrite {
  kind: string
  key: string
  /** Null deletes. */
  body: JsonObject | null
  /** 0: it must not exist; null: whatever it is. */
  expectRev: number | null
}

export function putDoc(store: Store, { kind, key, body, expectRev }: DocWrite, now: number): boolean {
  const place = docPlace(kind, key)
  const rev = store.docs.get(place)?.rev ?? 0
  if (expectRev !== null && expectRev !== rev) return false
  if (body === null) store.docs.delete(place)
  else store.docs.set(place, { kind, key, rev: rev + 1, body, updatedAt: now })
  return true
}

export function docsOf(store: Store, kind: string, key: string | undefined): Doc[] {
  return [...store.docs.values()]
    .filter((doc) => doc.kind === kind && (key === undefined || doc.key === key))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

export function lead(store: Store, role: string, holder: string, ttlMs: number, now: number): boolean {
  const held = store.roles.get(role)
  if (held && held.expiresAt > now && held.holder !== holder) return false
  store.roles.set(role, { holder, expiresAt: now + ttlMs })
  return true
}
