// Recorded steps and log lines of a job, from their rows.
import { parsed, text } from '../../engine/stored-rows.ts'
import type { LogLine, Step } from '../../job/record.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Row, Session } from './db.ts'

const someLogs = `
SELECT l.* FROM wb.ids i CROSS JOIN LATERAL (
  SELECT * FROM wb.logs WHERE seq = i.seq AND n > $2 ORDER BY n LIMIT $3) l
WHERE i.id = $1 ORDER BY l.n`

/** Records the steps that the parameter `rows` lists as JSON; whoever uses it says what happens to those that are there. */
export const putSteps = (rows: string): string => `
  INSERT INTO wb.steps (seq, key, status, attempt, started_at, ended_at, result)
  SELECT seq, key, status, attempt, started_at, ended_at, result FROM json_populate_recordset(NULL::wb.steps, ${rows}::json)`
export const overOlder = `
  ON CONFLICT (seq, key) DO UPDATE SET (status, attempt, started_at, ended_at, result)
    = ROW (excluded.status, excluded.attempt, excluded.started_at, excluded.ended_at, excluded.result)`

export function stepRow(seq: number, { key, status, attempt, startedAt, endedAt, result }: Step): Row {
  return { seq, key, status, attempt, started_at: startedAt, ended_at: endedAt, result: JSON.stringify(result) }
}

export function stepFrom(row: Row): Step {
  return {
    key: text(row['key']),
    status: row['status'] === 'failed' ? 'failed' : 'completed',
    attempt: Number(row['attempt']),
    startedAt: Number(row['started_at']),
    endedAt: Number(row['ended_at']),
    result: parsed(row['result']),
  }
}

export async function logsOf(session: Session, id: string, after: number, limit: number): Promise<LogLine[]> {
  return (await session.rows(someLogs, [id, after, limit])).map(logFrom)
}

const levels: readonly LogLine['level'][] = ['debug', 'info', 'warn', 'error']

function logFrom(row: Row): LogLine {
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
