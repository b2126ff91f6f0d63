// The insert that looks before it stores: given ids, idempotency keys, caps of queues, all or none, delays and the rarer
// members. Keys and capped queues are locked first, in one order, so that of two who come at once the second sees the first.
//
//   lock keys and queues ─▶ look: keys, tombstones, ids, counts ─▶ decide one by one ─▶ store ─▶ (an id went meanwhile: again)
import { text } from '../../engine/stored-rows.ts'
import { freshRecord } from '../../job/fresh.ts'
import type { Inserted, NewJob } from '../../engine/engine.ts'
import { isSound, withdrawn } from '../../engine/new-job.ts'
import type { JobRecord } from '../../job/record.ts'
import { instant } from './clock.ts'
import type { Row, Session } from './db.ts'
import { Again } from './errors.ts'
import { holderOf, holders, holdKeys, takeHolds } from './holds.ts'
import { encodePolicy } from '../../engine/stored-policy.ts'
import { newsOf, type Store } from './store.ts'

const lockAll = `
SELECT count(pg_advisory_xact_lock(n)) FROM (
  SELECT DISTINCT hashtextextended('wb. ' || name, 0) AS n FROM unnest($1::text[]) AS u (name) ORDER BY n) locks`
const look = `
WITH t AS MATERIALIZED (${instant('$1')})
SELECT 'now' AS what, NULL AS name, NULL AS hash, NULL AS id, now AS n FROM t
UNION ALL SELECT 'key', key, hash, id, NULL FROM wb.idempotency, t WHERE key = ANY($2) AND expires_at > now
UNION ALL SELECT 'buried', id, NULL, NULL, NULL FROM wb.tombstones, t WHERE id = ANY($3) AND expires_at > now
UNION ALL SELECT 'taken', id, NULL, NULL, NULL FROM wb.ids WHERE id = ANY($3)
UNION ALL SELECT 'queue', queue, NULL, NULL, sum(pending + scheduled)::bigint FROM wb.tallies WHERE queue = ANY($4) GROUP BY queue`
const put = `
WITH given AS MATERIALIZED (
  SELECT nextval('wb.seqs') AS seq, g.* FROM json_to_recordset($1::json) AS g (
    id text, type text, queue text, user_id text, priority int, title text, subject text, tags jsonb, metadata text,
    policy text, parent_id text, batch_id text, schedule_key text, traceparent text, folded text, input text,
    run_at bigint, start_by bigint, key text, hash text, key_until bigint)),
named AS (INSERT INTO wb.ids (id, seq) SELECT id, seq FROM given ON CONFLICT DO NOTHING RETURNING seq),
stored AS (
  INSERT INTO wb.jobs (seq, id, type, queue, user_id, priority, created_at, title, subject, tags, metadata, policy,
    parent_id, batch_id, schedule_key, traceparent, folded, input)
  SELECT seq, id, type, queue, user_id, priority, $2::bigint, title, subject, tags, metadata, policy,
    parent_id, batch_id, schedule_key, traceparent, folded, input FROM given),
waiting AS (
  INSERT INTO wb.ready (queue, lane, ticket, seq, live, dated)
  SELECT queue, 10 - priority, seq, seq, false, start_by IS NOT NULL FROM given WHERE run_at IS NULL),
later AS (
  INSERT INTO wb.live (seq, status, rev, wait_reason, fence, attempt, fails, losses, run_at, updated_at, has_steps)
  SELECT seq, 'scheduled', 1, 'delay', 0, 0, 0, 0, run_at, $2::bigint, false FROM given WHERE run_at IS NOT NULL),
dated AS (INSERT INTO wb.start_by (seq, at) SELECT seq, start_by FROM given WHERE start_by IS NOT NULL),
keyed AS (
  INSERT INTO wb.idempotency (key, hash, id, expires_at) SELECT key, hash, id, key_until FROM given WHERE key IS NOT NULL
  ON CONFLICT (key) DO UPDATE SET hash = excluded.hash, id = excluded.id, expires_at = excluded.expires_at),
counted AS (
  INSERT INTO wb.tallies (queue, pending, scheduled)
  SELECT queue, count(*) FILTER (WHERE run_at IS NULL), count(run_at) FROM given GROUP BY queue)
SELECT (SELECT count(*) FROM named) AS named, (SELECT max(seq) FROM given) AS top`

export async function admit(store: Store, jobs: NewJob[], atomic: boolean): Promise<Inserted[]> {
  const answers = await store.db.transaction((session) => admitIn(session, store, jobs, atomic))
  store.tell(newsOf(answers.flatMap((one) => (one.outcome === 'created' ? [one.record] : []))))
  return answers
}

/** Within the caller's transaction. Throws `Again` when another transaction took one of the ids meanwhile. */
export async function admitIn(session: Session, store: Store, jobs: NewJob[], atomic: boolean): Promise<Inserted[]> {
  const seen = await lookAt(session, store, jobs)
  const answers = jobs.map((job) => decideOne(seen, job))
  const pairs = answers.flatMap((answer, i) => (jobs[i] ? [{ answer, job: jobs[i] }] : []))
  if (atomic && pairs.some(({ answer, job }) => !isSound(answer, job)))
    return pairs.map(({ answer, job }) => withdrawn(answer, job, seen.made))
  const created = jobs.filter((_, i) => answers[i]?.outcome === 'created')
  await putJobs(session, store, created, seen.now)
  await takeHolds(session, created, seen.now)
  return answers
}

interface Seen {
  now: number
  keys: Map<string, { hash: string; id: string }>
  /** Names that are had, and by which job. */
  holders: Map<string, string>
  taken: Set<string>
  buried: Set<string>
  queued: Map<string, number>
  /** The jobs of this very batch. */
  made: Set<string>
}

async function lookAt(session: Session, store: Store, jobs: NewJob[]): Promise<Seen> {
  const keys = jobs.flatMap(({ idempotency }) => (idempotency ? [idempotency.key] : []))
  const roomy = await store.caps.haveRoom(jobs)
  const capped = jobs.flatMap(({ maxPending, spec }) => (roomy || maxPending === null ? [] : [spec.queue]))
  const wanted = holdKeys(jobs)
  const locks = [
    ...keys.map((key) => `key ${key}`),
    ...wanted.map((key) => `hold ${key}`),
    ...capped.map((queue) => `queue ${queue}`),
  ]
  if (locks.length > 0) await session.rows(lockAll, [locks])
  const rows = await session.rows(look, [store.clock.offset, keys, jobs.map(({ spec }) => spec.id), capped])
  const named = (what: string) => rows.filter((row) => row['what'] === what)
  const names = (what: string) => new Set(named(what).map((row) => text(row['name'])))
  return {
    now: store.clock.saw(named('now')[0]?.['n']),
    keys: new Map(named('key').map((row) => [text(row['name']), { hash: text(row['hash']), id: text(row['id']) }])),
    holders: await holders(session, store.clock.offset, wanted),
    taken: names('taken'),
    buried: names('buried'),
    queued: new Map(named('queue').map((row: Row) => [text(row['name']), Number(row['n'])])),
    made: new Set(),
  }
}

function decideOne(seen: Seen, job: NewJob): Inserted {
  const { id, queue } = job.spec
  const known = job.idempotency ? seen.keys.get(job.idempotency.key) : undefined
  if (known) return { outcome: known.hash === job.idempotency?.hash ? 'replayed' : 'key_reused', id: known.id }
  const held = holderOf(seen.holders, job)
  if (held) return { outcome: 'held', ...held }
  const pending = seen.queued.get(queue) ?? 0
  if (job.maxPending !== null && pending >= job.maxPending) return { outcome: 'queue_full', id, pending }
  if (seen.taken.has(id) || (job.idGiven && seen.buried.has(id))) return { outcome: 'id_taken', id }
  seen.taken.add(id)
  seen.made.add(id)
  seen.queued.set(queue, pending + 1)
  if (job.idempotency) seen.keys.set(job.idempotency.key, { hash: job.idempotency.hash, id })
  for (const { key } of job.holds ?? []) seen.holders.set(key, id)
  return { outcome: 'created', id, record: recordOf(job, seen.now) }
}

function recordOf({ spec, delayMs }: NewJob, createdAt: number): JobRecord {
  const fresh = freshRecord({ ...spec, createdAt })
  return delayMs > 0 ? { ...fresh, status: 'scheduled', waitReason: 'delay', runAt: createdAt + delayMs } : fresh
}

async function putJobs(session: Session, store: Store, jobs: NewJob[], now: number): Promise<void> {
  if (jobs.length === 0) return
  const [row] = await session.rows(put, [JSON.stringify(jobs.map((job) => rowOf(job, now))), now])
  if (Number(row?.['named']) !== jobs.length) throw new Again('an id was taken meanwhile')
  store.partitions.reached(Number(row?.['top']))
}

function rowOf({ spec, inputJson, delayMs, idempotency }: NewJob, now: number): Row {
  const { startWithinMs } = spec.policy
  return {
    id: spec.id,
    type: spec.type,
    queue: spec.queue,
    user_id: spec.userId,
    priority: spec.priority,
    title: spec.title,
    subject: spec.subject,
    tags: spec.tags.length === 0 ? null : spec.tags,
    metadata: Object.keys(spec.metadata).length === 0 ? null : JSON.stringify(spec.metadata),
    policy: encodePolicy(spec.policy),
    parent_id: spec.parentId,
    batch_id: spec.batchId,
    schedule_key: spec.scheduleKey,
    traceparent: spec.traceparent,
    folded: folded(spec),
    input: inputJson,
    run_at: delayMs > 0 ? now + delayMs : null,
    start_by: startWithinMs === null ? null : now + startWithinMs,
    ...(idempotency ? { key: idempotency.key, hash: idempotency.hash, key_until: now + idempotency.keepMs } : {}),
  }
}

// What is not plain ASCII is folded here, once: the server's own lower() depends on how it was set up.
export function folded({ title, type, id }: Pick<JobRecord, 'title' | 'type' | 'id'>): string | null {
  const whole = [title ?? '', type, id].join('\u0001')
  return /^[\u0001-\u007f]*$/.test(whole) ? null : whole.toLowerCase()
}
