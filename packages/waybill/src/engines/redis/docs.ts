// Documents, workers and roles: small rows kept on the first shard; every shard knows the paused queues.
import type { Doc, WorkerInfo, WorkerRow } from '../../engine/engine.ts'
import type { JsonObject } from '../../lib/json.ts'
import { pairs, textOrNull } from './reply.ts'
import type { Shard } from './shard.ts'

export async function putDoc(
  shards: readonly Shard[],
  kind: string,
  key: string,
  body: JsonObject | null,
  expectRev: number | null,
): Promise<boolean> {
  const [first, ...others] = shards
  const pause = kind === 'queue' ? (body?.['paused'] === true ? 1 : 0) : ''
  const args = [kind, key, body === null ? '' : JSON.stringify(body)]
  const stored = Number(await first?.run('doc', [...args, expectRev ?? '', pause])) === 1
  if (stored && kind === 'queue') await Promise.all(others.map((shard) => shard.run('doc', [...args, '', pause])))
  return stored
}

export async function docs(shard: Shard, kind: string, key?: string): Promise<Doc[]> {
  const rows =
    key === undefined
      ? pairs(await shard.call('HGETALL', `docs:${kind}`))
      : one(key, textOrNull(await shard.call('HGET', `docs:${kind}`, key)))
  return rows.map(([name, row]) => docOf(kind, name, row)).toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

function one(key: string, row: string | null): [string, string][] {
  return row === null ? [] : [[key, row]]
}

// "rev updated_at body"
function docOf(kind: string, key: string, row: string): Doc {
  const [rev = '', updatedAt = ''] = row.split(' ', 2)
  const body: JsonObject = JSON.parse(row.slice(rev.length + updatedAt.length + 2))
  return { kind, key, rev: Number(rev), body, updatedAt: Number(updatedAt) }
}

export async function enrol(shard: Shard, worker: WorkerInfo, ttlMs: number): Promise<void> {
  const { id, name, queues, slots } = worker
  await shard.run('enrol', [id, ttlMs, JSON.stringify({ name, queues, slots })])
}

export async function workers(shard: Shard, now: number): Promise<WorkerRow[]> {
  const rows = pairs(await shard.call('HGETALL', 'workers')).map(([id, row]) => workerOf(id, row))
  return rows
    .filter(({ expiresAt }) => expiresAt > now)
    .toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))
}

// "expires_at heartbeat_at started_at ttl info"
function workerOf(id: string, row: string): WorkerRow {
  const [expires = '', heartbeat = '', started = '', ttl = ''] = row.split(' ', 4)
  const info: Omit<WorkerInfo, 'id'> = JSON.parse(
    row.slice(expires.length + heartbeat.length + started.length + ttl.length + 4),
  )
  return { id, ...info, startedAt: Number(started), heartbeatAt: Number(heartbeat), expiresAt: Number(expires) }
}

export async function lead(shard: Shard, role: string, holder: string, ttlMs: number): Promise<boolean> {
  return Number(await shard.run('lead', [role, holder, ttlMs])) === 1
}
