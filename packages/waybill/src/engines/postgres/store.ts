// What all verbs of one engine share.
import type { JobRecord } from '../../job/record.ts'
import type { Caps } from './caps.ts'
import type { ServerClock } from './clock.ts'
import type { Db, Session } from './db.ts'
import type { Memo } from './memo.ts'
import type { Partitions } from './partitions.ts'

/** Jobs that changed, and queues in which some became runnable: what watchers and workers want to hear of. */
export interface News {
  ids: string[]
  queues: string[]
}

export interface Store {
  db: Db
  clock: ServerClock
  memo: Memo
  partitions: Partitions
  caps: Caps
  /** Tells of what has just been committed. `heard`: other processes have been told with the commit. */
  tell(news: News, heard?: boolean): void
  /** Where and what to say with a commit, so that others hear of it at once; null while that would be too often. */
  hintWithCommit(news: News): { channel: string; payload: string } | null
  /** Tells of what a transaction of the caller's own has stored, once it commits. */
  tellWithin(session: Session, news: News): Promise<void>
}

export function newsOf(jobs: Pick<JobRecord, 'id' | 'queue' | 'status'>[]): News {
  const runnable = new Set(jobs.flatMap(({ queue, status }) => (status === 'pending' ? [queue] : [])))
  return { ids: jobs.map(({ id }) => id), queues: [...runnable] }
}
