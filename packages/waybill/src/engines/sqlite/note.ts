// note: progress, log lines and steps of running jobs, under their fence. Runs inside a transaction.
import { jsonOrNull } from '../../engine/stored-rows.ts'
import type { Note } from '../../engine/engine.ts'
import { notedState } from '../../job/progress.ts'
import { loadById, type Stored } from './load.ts'
import { putLogs, putSteps } from './steps.ts'
import { makeLive } from './store.ts'
import type { Tx } from './tx.ts'

const putProgress = `
UPDATE live SET rev = rev + 1, updated_at = ?, progress = ?, progress_message = ?, stage = ?, counts = ? WHERE seq = ?`
const markSteps = 'UPDATE live SET has_steps = 1 WHERE seq = ?'
const isLive = 'SELECT 1 FROM live WHERE seq = ?'

export function note(tx: Tx, notes: Note[]): (number | 'lost')[] {
  return notes.map((one) => noteOne(tx, one))
}

function noteOne(tx: Tx, said: Note): number | 'lost' {
  const stored = loadById(tx.db, said.id)
  if (stored?.record.lease?.fence !== said.fence) return 'lost'
  if (said.logs) putLogs(tx, stored.seq, said.logs)
  if (said.steps && said.steps.length > 0) keepSteps(tx, stored, said.steps)
  return putProgressOf(tx, stored, said)
}

function keepSteps(tx: Tx, stored: Stored, steps: NonNullable<Note['steps']>): void {
  putSteps(tx, stored.seq, steps)
  if (stored.record.hasSteps) return
  ensureLive(tx, stored)
  tx.db.sql(markSteps).run(stored.seq)
}

function putProgressOf(tx: Tx, stored: Stored, said: Note): number {
  const { record, seq } = stored
  const news = notedState(record, said)
  if (Object.keys(news).length === 0) return record.rev
  ensureLive(tx, stored)
  const next = { ...record, ...news }
  tx.db.sql(putProgress).run(tx.now, next.progress, next.progressMessage, next.stage, jsonOrNull(next.counts), seq)
  tx.touched(record)
  return record.rev + 1
}

function ensureLive(tx: Tx, stored: Stored): void {
  if (!tx.db.sql(isLive).get(stored.seq)) makeLive(tx, stored)
}
