// get, revs and the other plain reads.
import { numberOrNull, parsed, text, textOrNull } from '../../engine/stored-rows.ts'
import type { Doc, Include, JobDetails, QueueRow, Tombstone, WorkerRow } from '../../engine/engine.ts'
import type { JobRecord } from '../../job/record.ts'
import { timelineTypes, type TimelineEntry } from '../../job/timeline.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Db, Row } from './db.ts'
import { inputJson, loadById, type Stored } from './load.ts'
import { stepsOf } from './steps.ts'
import { impliedTimeline } from './store.ts'

const tombstone = 'SELECT user_id FROM tombstones WHERE id = ? AND expires_at > ?'
const timelineOf = 'SELECT rev, at, type, data FROM timeline WHERE seq = ? ORDER BY rev'
const revOf = `
SELECT coalesce(d.rev, l.rev, CASE WHEN x.seq IS NULL THEN 1 ELSE 2 END) AS rev
FROM jobs j LEFT JOIN done d ON d.seq = j.seq LEFT JOIN live l ON l.seq = j.seq LEFT JOIN leased x ON x.seq = j.seq WHERE j.id = ?`
const allQueues = `
SELECT q.*, (SELECT min(j.created_at) FROM ready r JOIN jobs j ON j.seq = r.seq
  WHERE r.queue = q.queue AND r.seq = (SELECT min(seq) FROM ready WHERE queue = q.queue)) AS oldest
FROM queues q ORDER BY q.queue`
const allWorkers = 'SELECT * FROM workers WHERE expires_at > ? ORDER BY started_at, id'
const docsOfKind = 'SELECT * FROM docs WHERE kind = ? ORDER BY key'
const oneDoc = 'SELECT * FROM docs WHERE kind = ? AND key = ?'

export function getOne(db: Db, id: string, include: Include, now: number): JobDetails | Tombstone | null {
  const stored = loadById(db, id)
  if (stored) return detailsOf(db, stored, include)
  const row = db.sql(tombstone).get(id, now)
  return row ? { gone: true, userId: textOrNull(row['user_id']) } : null
}

function detailsOf(db: Db, stored: Stored, { input, timeline, steps }: Include): JobDetails {
  const { seq, record } = stored
  return {
    record: input ? { ...record, input: JSON.parse(inputJson(db, stored)) } : withoutInput(record),
    ...(timeline ? { timeline: timelineEntries(db, stored) } : {}),
    ...(steps ? { steps: record.hasSteps ? stepsOf(db, seq) : [] } : {}),
  }
}

/** A record as it is shown where the input was not asked for. */
export function withoutInput(record: JobRecord): JobRecord {
  if (record.input === undefined) return record
  const { input: _, ...shown } = record
  return shown
}

function timelineEntries(db: Db, { seq, record }: Stored): TimelineEntry[] {
  const written = db.sql(timelineOf).all(seq)
  return written.length === 0 ? impliedTimeline(db, seq, record) : written.map(entryOf)
}

function entryOf(row: Row): TimelineEntry {
  const type = timelineTypes.find((known) => known === row['type'])
  if (!type)
    throw new Error(
      `SQLite: the file holds the unknown timeline entry "${text(row['type'])}"; it was written by a newer version`,
    )
  return { seq: Number(row['rev']), at: Number(row['at']), type, data: parsed<JsonObject>(row['data']) ?? {} }
}

export function revOne(db: Db, id: string): number | null {
  return numberOrNull(db.sql(revOf).get(id)?.['rev'])
}

export function queueRows(db: Db): QueueRow[] {
  return db
    .sql(allQueues)
    .all()
    .map((q) => ({
      queue: text(q['queue']),
      paused: q['paused'] === 1,
      oldestPendingAt: numberOrNull(q['oldest']),
      counts: {
        scheduled: Number(q['scheduled']),
        pending: Number(q['pending']),
        waiting: Number(q['waiting']),
        processing: Number(q['processing']),
        completed: Number(q['completed']),
        failed: Number(q['failed']),
        cancelled: Number(q['cancelled']),
      },
    }))
}

export function workerRows(db: Db, now: number): WorkerRow[] {
  return db
    .sql(allWorkers)
    .all(now)
    .map((w) => ({
      id: text(w['id']),
      name: text(w['name']),
      queues: parsed<string[]>(w['queues']) ?? [],
      slots: Number(w['slots']),
      startedAt: Number(w['started_at']),
      heartbeatAt: Number(w['heartbeat_at']),
      expiresAt: Number(w['expires_at']),
    }))
}

export function docRows(db: Db, kind: string, key?: string): Doc[] {
  const rows = key === undefined ? db.sql(docsOfKind).all(kind) : db.sql(oneDoc).all(kind, key)
  return rows.map((row) => ({
    kind: text(row['kind']),
    key: text(row['key']),
    rev: Number(row['rev']),
    body: parsed<JsonObject>(row['body']) ?? {},
    updatedAt: Number(row['updated_at']),
  }))
}
