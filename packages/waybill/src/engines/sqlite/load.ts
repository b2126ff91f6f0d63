// One job's whole record from its rows: done, or live, or fresh, with its lease. Serves reads and writes alike.
import { fixedPart, stateColumns, text, withState } from '../../engine/stored-rows.ts'
import { claimedFresh, freshRecord } from '../../job/fresh.ts'
import type { JobRecord, Lease } from '../../job/record.ts'
import type { Db, Row } from './db.ts'
import { specColumns } from './rows.ts'

const jobById = `SELECT seq, ${specColumns} FROM jobs WHERE id = ?`
const jobBySeq = `SELECT seq, ${specColumns} FROM jobs WHERE seq = ?`
const doneState = `SELECT ${stateColumns} FROM done WHERE seq = ?`
const liveState = `SELECT ${stateColumns} FROM live WHERE seq = ?`
const leaseOf = `
SELECT d.place, l.fence, l.worker_id, l.started_at, l.expires_at, l.heartbeat_at, l.begun
FROM leased d JOIN leases l ON l.fence = d.fence WHERE d.seq = ?`
const inputOf = 'SELECT input FROM jobs WHERE seq = ?'

/** A record with the row number under which this file keeps it. */
export interface Stored {
  seq: number
  record: JobRecord
}

export function loadById(db: Db, id: string): Stored | null {
  const row = db.sql(jobById).get(id)
  return row ? load(db, row) : null
}

export function loadBySeq(db: Db, seq: number): Stored | null {
  const row = db.sql(jobBySeq).get(seq)
  return row ? load(db, row) : null
}

function load(db: Db, job: Row): Stored {
  const seq = Number(job['seq'])
  const fixed = fixedPart(job)
  const done = db.sql(doneState).get(seq)
  if (done) return { seq, record: withState(fixed, done) }
  const live = db.sql(liveState).get(seq)
  const lease = db.sql(leaseOf).get(seq)
  if (!lease) return { seq, record: live ? withState(fixed, live) : freshRecord(fixed) }
  const holder = leaseFrom(lease)
  return {
    seq,
    record: live ? { ...withState(fixed, live), lease: holder } : claimedFresh(fixed, holder, holder.startedAt),
  }
}

function leaseFrom(row: Row): Lease {
  return {
    workerId: text(row['worker_id']),
    fence: Number(row['fence']),
    startedAt: Number(row['started_at']),
    expiresAt: Number(row['expires_at']),
    heartbeatAt: Number(row['heartbeat_at']),
    held: Number(row['place']) >= Number(row['begun']),
  }
}

/** The input in force: the one given with an explicit retry, else the one submitted. */
export function inputJson(db: Db, { seq, record }: Stored): string {
  if (record.input !== undefined) return JSON.stringify(record.input)
  return text(db.sql(inputOf).get(seq)?.['input'] ?? 'null')
}
