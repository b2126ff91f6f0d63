// A bar for a job: the element <waybill-progress>, fed by React. Where no script has run yet (the page as the server
// rendered it) its text is there already.
import { createElement, useEffect, useMemo, useRef, type ReactElement } from 'react'
import type { Job } from '../client/index.ts'
import { defineProgress } from '../element/define.ts'
import type { WaybillProgress } from '../element/progress.ts'
import { present } from '../page/present.ts'
import type { Connection, Snapshot } from '../page/snapshot.ts'
import { useSnapshot } from './use-job.ts'
import { missing, useStoreIfAny } from './provider.ts'

export type JobProgressProps = {
  className?: string
  /** Read aloud as the bar's name. Default: the job's title. */
  label?: string
} & (
  | {
      /** A job that you watch already; null before it is known. */
      job: Job | null
      /** How it stands with the way to the server, when you know it. */
      connection?: Connection
      id?: undefined
    }
  | {
      /** A job to watch. Needs a WaybillProvider. */
      id: string | null
      job?: undefined
      connection?: undefined
    }
)

export function JobProgress({ id, job, connection, className, label }: JobProgressProps): ReactElement {
  const store = useStoreIfAny()
  if (id && !store) missing('<JobProgress id>')
  const watched = useSnapshot(store, id ?? null)
  const given = useMemo(() => snapshotOf(job ?? null, connection), [job, connection])
  const snapshot = id === undefined ? given : watched
  const element = useRef<WaybillProgress>(null)
  useEffect(() => {
    defineProgress()
    if (element.current) element.current.client = store?.client
  }, [store])
  useEffect(() => element.current?.show(snapshot), [snapshot])
  // React 18 knows `class` alone for elements of this kind.
  const attributes = { ref: element, class: className, label }
  return createElement('waybill-progress', attributes, standingText(snapshot))
}

// Without countdowns: the server that renders it and the browser would disagree.
function standingText(snapshot: Snapshot<Job | null>): string {
  return snapshot.value?.waitText ?? present(snapshot, 0).text
}

function snapshotOf(value: Job | null, connection: Connection = 'live'): Snapshot<Job | null> {
  return { value, connection, error: null }
}
