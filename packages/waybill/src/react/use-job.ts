// One job, watched while a component shows it.
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { Job, WaybillClientError } from '../client/index.ts'
import { nothing, unheard, type Connection } from '../page/snapshot.ts'
import type { JobSnapshot, JobStore } from '../page/store.ts'
import { useStore } from './provider.ts'

/** Whatever `defineJob` makes. Import it as a type alone: then nothing of the server reaches the page. */
export interface Defined {
  readonly type: string
  run?(ctx: never): unknown
}

/** What the handler of a definition answers. */
export type ResultOf<Definition> = Definition extends { run?(ctx: never): infer Result } ? Awaited<Result> : unknown

export interface UseOptions {
  /** False: watches nothing, as without an id. Default true. */
  enabled?: boolean
}

export interface UseJob<Result> {
  /** The newest that is known; null before anything is. */
  job: Job<Result> | null
  connection: Connection
  /** Why nothing more can be known: `not_found`, `job_expired`, `unauthenticated`, … Null while it is watched. */
  error: WaybillClientError | null
  /** Cancels it when it waits, asks it to stop when it runs. Rejects with a WaybillClientError. */
  cancel: () => Promise<Job>
  /** Runs it again when it has ended. Rejects with a WaybillClientError. */
  retry: () => Promise<Job>
}

/**
 * Watches a job; all components of a page share one stream. `useJob<typeof video>(id)` types its result. An `id` of null
 * watches nothing. Throws outside a WaybillProvider.
 */
export function useJob<Definition extends Defined = Defined>(
  id: string | null | undefined,
  options?: UseOptions,
): UseJob<ResultOf<Definition>>
export function useJob(id: string | null | undefined, { enabled = true }: UseOptions = {}): UseJob<unknown> {
  const store = useStore('useJob')
  const watched = enabled && id ? id : null
  const { value: job, connection, error } = useSnapshot(store, watched)
  const verbs = useMemo(() => verbsOf(store, id ?? null), [store, id])
  return { job, connection, error, ...verbs }
}

function verbsOf(store: JobStore, id: string | null): Pick<UseJob<unknown>, 'cancel' | 'retry'> {
  return {
    cancel: async () => store.cancel(given(id, 'cancel')),
    retry: async () => store.retry(given(id, 'retry')),
  }
}

function given(id: string | null, verb: string): string {
  if (id === null) throw new TypeError(`useJob: there is no job to ${verb}: its id is null`)
  return id
}

/** The same, as it stands in the store; without a store, nothing. */
export function useSnapshot(store: JobStore | null, id: string | null): JobSnapshot {
  const subscribe = useCallback((listener: () => void) => store?.subscribe(id, listener) ?? ignore, [store, id])
  const snapshot = () => store?.snapshot(id) ?? nothing
  return useSyncExternalStore(subscribe, snapshot, () => (store && id !== null ? unheard : nothing))
}

function ignore(): void {
  // nothing was begun
}
