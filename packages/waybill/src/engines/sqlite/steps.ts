// Recorded steps and log lines of a job.
import { jsonOrNull, parsed, text } from '../../engine/stored-rows.ts'
import type { LogLine, Step } from '../../job/record.ts'
import type { Note } from '../../engine/engine.ts'
import { recorded } from '../../job/change.ts'
import { limits } from '../../job/limits.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Db, Row } from './db.ts'
import type { Tx } from './tx.ts'

const putStep =
  'INSERT OR REPLACE INTO steps (seq, key, status, attempt, started_at, ended_at, result) VALUES (?, ?, ?, ?, ?, ?, ?)'
const dropStep = 'DELETE FROM steps WHERE seq = ? AND key = ?'
const allSteps = 'SELECT * FROM steps WHERE seq = ? ORDER BY ended_at, started_at, key'
const lastLog = 'SELECT coalesce(max(n), 0) FROM logs WHERE seq = ?'
const putLog =
  'INSERT INTO logs (seq, n, at, level, message, fields, attempt, audience) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
const dropOldLogs = 'DELETE FROM logs WHERE seq = ? AND n <= ?'
const someLogs = 'SELECT * FROM logs WHERE seq = (SELECT seq FROM jobs WHERE id = ?) AND n > ? ORDER BY n LIMIT ?'

export function putSteps(tx: Tx, seq: number, steps: NonNullable<Note['steps']>): void {
  for (const s of steps.map((step) => recorded(step, tx.now)))
    tx.db.sql(putStep).run(seq, s.key, s.status, s.attempt, s.startedAt, s.endedAt, JSON.stringify(s.result))
}

export function dropSteps({ db }: Tx, seq: number, keys: readonly string[]): void {
  for (const key of keys) db.sql(dropStep).run(seq, key)
}

export function stepsOf(db: Db, seq: number): Step[] {
  return db.sql(allSteps).all(seq).map(stepOf)
}

function stepOf(row: Row): Step {
  return {
    key: text(row['key']),
    status: row['status'] === 'failed' ? 'failed' : 'completed',
    attempt: Number(row['attempt']),
    startedAt: Number(row['started_at']),
    endedAt: Number(row['ended_at']),
    result: parsed(row['result']),
  }
}

/** Appends lines; beyond the limit of a job the oldest go. */
export function putLogs(tx: Tx, seq: number, lines: NonNullable<Note['logs']>): void {
  let n = tx.db.number(lastLog, seq)
  for (const line of lines) {
    tx.db
      .sql(putLog)
      .run(seq, ++n, tx.now, line.level, line.message, jsonOrNull(line.fields), line.attempt, line.audience)
  }
  if (n > limits['logLines']) tx.db.sql(dropOldLogs).run(seq, n - limits['logLines'])
}

export function logsOf(db: Db, id: string, after: number, limit: number): LogLine[] {
  return db.sql(someLogs).all(id, after, limit).map(logOf)
}

const levels: readonly LogLine['level'][] = ['debug', 'info', 'warn', 'error']

function logOf(row: Row): LogLine {
  return {
    seq: Number(row['n']),
    at: Number(row['at']),
    level: levels.find((level) => level === row['level']) ?? 'info',
    message: text(row['message']),
    fields: parsed<JsonObject>(row['fields']),
    attempt: Number(row['attempt']),
    audience: row['audience'] === 'operator' ? 'operator' : 'owner',
  }
}
