// Several jobs: those that are named, or all that fit a filter.
import { useMemo, useSyncExternalStore } from 'react'
import type { Job, WaybillClientError } from '../client/index.ts'
import { keyOf } from '../page/list.ts'
import { nothing, type Connection } from '../page/snapshot.ts'
import type { Filter, JobStore, ListSnapshot } from '../page/store.ts'
import { together } from '../page/together.ts'
import { useStore } from './provider.ts'
import type { UseOptions } from './use-job.ts'

export interface UseJobs {
  /** Named jobs in the order of their ids, as far as they are known; the newest 200 that fit a filter, the newest first. */
  jobs: readonly Job[]
  connection: Connection
  /** Why nothing more can be known, of the first job of which that is so. */
  error: WaybillClientError | null
}

const none: ListSnapshot = { ...nothing, value: [] }

/** Watches jobs by their ids, or by a filter such as `{ userId: 'me' }`. Throws outside a WaybillProvider. */
export function useJobs(what: readonly string[] | Filter, { enabled = true }: UseOptions = {}): UseJobs {
  const store = useStore('useJobs')
  const key = enabled ? keyOf(what) : null
  const watch = useMemo(() => (key === null ? nobody : watchOf(store, what)), [store, key])
  const { value: jobs, connection, error } = useSyncExternalStore(watch.subscribe, watch.snapshot, () => none)
  return { jobs, connection, error }
}

interface ListWatch {
  subscribe: (listener: () => void) => () => void
  snapshot: () => ListSnapshot
}

const nobody: ListWatch = { subscribe: () => () => {}, snapshot: () => none }

function watchOf(store: JobStore, what: readonly string[] | Filter): ListWatch {
  if (isIds(what)) return together(store, what)
  return {
    subscribe: (listener) => store.subscribeList(what, listener),
    snapshot: () => store.list(what),
  }
}

function isIds(what: readonly string[] | Filter): what is readonly string[] {
  return Array.isArray(what)
}
