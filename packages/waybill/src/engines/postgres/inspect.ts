// What doctor hears of a PostgreSQL server: its version, what its settings keep, whether it can wake workers, connections
// that are left, its clock. Reads only.
import { text } from '../../engine/stored-rows.ts'
import { clockRemark, type Remark } from '../../engine/remark.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Db, Row } from './db.ts'

const facts = `
SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS pages, current_setting('synchronous_commit') AS commit,
  current_setting('max_connections')::int AS most, current_setting('superuser_reserved_connections')::int AS reserved,
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS used,
  (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now`

export interface Inspected {
  db: Db
  clock: Clock
  /** Connections that one process may take. */
  pool: number
  /** Whether a notification comes back. */
  hears: () => Promise<boolean>
}

export async function inspect({ db, clock, pool, hears }: Inspected): Promise<Remark[]> {
  const asked = clock.now()
  const [row = {}] = await db.rows(facts)
  const trip = clock.now() - asked
  return [
    { level: 'ok', about: 'server', text: `PostgreSQL ${text(row['version'])}` },
    ...keeping(row),
    wakeups(await hears()),
    connections(row, pool),
    clockRemark(Number(row['now']) - (asked + trip / 2), trip),
  ]
}

function keeping(row: Row): Remark[] {
  const [fsync, pages, commit] = ['fsync', 'pages', 'commit'].map((name) => text(row[name]))
  const said = `fsync ${fsync}, full_page_writes ${pages}, synchronous_commit ${commit}`
  if (fsync !== 'on' || pages !== 'on')
    return [
      warning('durable', `${said}: a power cut may ruin the whole database; set fsync and full_page_writes to on`),
    ]
  if (commit === 'off')
    return [warning('durable', `${said}: a crash may lose the last moments; ALTER ROLE … SET synchronous_commit = on`)]
  return [{ level: 'ok', about: 'durable', text: said }]
}

function wakeups(hears: boolean): Remark {
  if (hears) return { level: 'ok', about: 'wakeups', text: 'LISTEN works: workers hear of new jobs at once' }
  return warning(
    'wakeups',
    'LISTEN hears nothing, so workers look twice a second: behind PgBouncer give the server itself as ?directUrl=postgres://…',
  )
}

function connections(row: Row, pool: number): Remark {
  const [most, used, reserved] = ['most', 'used', 'reserved'].map((name) => Number(row[name]))
  const left = Math.max(0, (most ?? 0) - (reserved ?? 0) - (used ?? 0))
  const said = `${left} of ${most} connections left; a process of Waybill takes up to ${pool + 1} (?pool=${pool}, and one that listens)`
  if (left > pool + 1) return { level: 'ok', about: 'room', text: said }
  return warning('room', `${said}: raise max_connections, or put PgBouncer in front`)
}

function warning(about: string, words: string): Remark {
  return { level: 'warn', about, text: words }
}
