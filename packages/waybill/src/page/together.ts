// Several jobs as one list, for whoever looks at them together. Each is watched as if alone, so that one more id does
// not make the others unknown for a moment.
import { nothing, type Connection } from './snapshot.ts'
import type { JobSnapshot, JobStore, ListSnapshot } from './store.ts'

const worstFirst: readonly Connection[] = ['unauthorized', 'offline', 'connecting', 'polling', 'live']

export interface Together {
  subscribe: (listener: () => void) => () => void
  /** The same object until something changes. */
  snapshot: () => ListSnapshot
}

export function together(store: JobStore, ids: readonly string[]): Together {
  const unique = [...new Set(ids)]
  let known: readonly JobSnapshot[] = []
  let list = listOf(known)
  return {
    subscribe(listener) {
      const leaves = unique.map((id) => store.subscribe(id, listener))
      return () => leaves.forEach((leave) => leave())
    },
    snapshot() {
      const parts = unique.map((id) => store.snapshot(id))
      if (parts.length === known.length && parts.every((part, i) => part === known[i])) return list
      known = parts
      return (list = listOf(parts))
    },
  }
}

function listOf(parts: readonly JobSnapshot[]): ListSnapshot {
  return {
    value: parts.flatMap(({ value }) => value ?? []),
    connection: worstFirst.find((way) => parts.some(({ connection }) => connection === way)) ?? nothing.connection,
    error: parts.find(({ error }) => error !== null)?.error ?? null,
  }
}
