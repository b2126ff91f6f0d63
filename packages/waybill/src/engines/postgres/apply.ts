// apply: Changes over records, each only if what it expects still holds. Plain ends go by ends.ts; all others are locked,
// read, changed by the shared rules and written back in one transaction, together with the claim that travels with them.
//
//   lock ids (in order) ─▶ lock leases ─▶ read ─▶ meets? changed ─▶ write ─▶ claim
import { text, textOrNull } from '../../engine/stored-rows.ts'
import type { Claimed, ClaimRequest } from '../../engine/engine.ts'
import type { Applied, Change } from '../../job/change.ts'
import { changed, meets, recorded } from '../../job/change.ts'
import type { Step } from '../../job/record.ts'
import { claim, claimAlone, insistent } from './claim.ts'
import { instant } from './clock.ts'
import type { Session } from './db.ts'
import { Again } from './errors.ts'
import { endPlain, plainEnds, type Answers, type Asked } from './ends.ts'
import { loadByIds, type Stored } from './load.ts'
import { newsOf, type News, type Store } from './store.ts'
import { write, type Rewritten } from './write.ts'

export interface AppliedAndClaimed {
  applied: Applied[]
  claimed: Claimed | null
}

const missing: Applied = { outcome: 'missing' }

export async function apply(store: Store, changes: Change[], request?: ClaimRequest): Promise<AppliedAndClaimed> {
  if (changes.length === 0) return { applied: [], claimed: request ? await claimAlone(store, request) : null }
  const asked = changes.map((change, n) => ({ change, n }))
  const { answers, claimed } = await applyAll(store, asked, request)
  return { applied: asked.map(({ n }) => answers.get(n) ?? missing), claimed }
}

interface Answer {
  answers: Answers
  claimed: Claimed | null
}

async function applyAll(store: Store, asked: Asked[], request?: ClaimRequest): Promise<Answer> {
  const ends = plainEnds(store, asked)
  if (ends.length < asked.length) return transacted(store, asked, request)
  const { answers, claimed } = await insistent(() => endPlain(store.db, store, ends, request))
  const rest = asked.filter(({ n }) => !answers.has(n))
  if (rest.length > 0) for (const [n, one] of (await transacted(store, rest)).answers) answers.set(n, one)
  return { answers, claimed }
}

async function transacted(store: Store, asked: Asked[], request?: ClaimRequest): Promise<Answer> {
  let news: News[] = []
  const answer = await insistent(() =>
    store.db.transaction((session) => {
      news = []
      return within(session, { ...store, tell: (one) => news.push(one) }, asked, request)
    }),
  )
  for (const one of news) store.tell(one)
  return answer
}

async function within(session: Session, store: Store, asked: Asked[], request?: ClaimRequest): Promise<Answer> {
  const ends = plainEnds(store, asked)
  const { answers } = ends.length > 0 ? await endPlain(session, store, ends) : { answers: new Map<number, Applied>() }
  const rest = asked.filter(({ n }) => !answers.has(n))
  if (rest.length > 0) await applyLocked(session, store, rest, answers)
  return { answers, claimed: request ? await claim(session, store, request) : null }
}

async function applyLocked(session: Session, store: Store, asked: Asked[], answers: Answers): Promise<void> {
  const { stored, tickets, now } = await loadLocked(session, store, asked)
  const jobs = new Map<string, Rewritten>(
    stored.map((job) => [job.record.id, { before: job, now: job.record, events: [], steps: new Map() }]),
  )
  const moved = new Set<Rewritten>()
  for (const { change, n } of asked) {
    const job = jobs.get(change.id)
    const answer = job ? applyOne(job, change, now) : missing
    answers.set(n, answer)
    if (job && answer.outcome === 'applied') moved.add(job)
  }
  await write(session, [...moved], tickets)
  for (const job of moved) store.memo.forget(job.now.id)
  if (moved.size > 0) store.tell(newsOf([...moved].map((job) => job.now)))
}

const lockIds = `
SELECT id, seq, nextval('wb.seqs') AS ticket FROM wb.ids WHERE id = ANY($1) ORDER BY seq FOR UPDATE`
const lockLeased = `
WITH held AS MATERIALIZED (SELECT seq, fence FROM wb.leased WHERE seq = ANY($2) ORDER BY seq FOR UPDATE),
kept AS MATERIALIZED (
  SELECT fence FROM wb.leases WHERE fence = ANY (ARRAY(SELECT fence FROM held)) AND $3 ORDER BY fence FOR SHARE)
SELECT now, (SELECT coalesce(string_agg(seq::text, ','), '') FROM held) AS held, (SELECT count(*) FROM kept) AS kept
FROM (${instant('$1')}) t`

interface Locked {
  stored: Stored[]
  /** Places behind all who wait, one a job. */
  tickets: number[]
  now: number
}

// Reads jobs so that nobody else can change them until the transaction ends. Those that wait in `ready` may still be
// claimed: write() notices.
async function loadLocked(session: Session, store: Store, asked: Asked[]): Promise<Locked> {
  const rows = await session.rows(lockIds, [[...new Set(asked.map(({ change }) => change.id))]])
  const seqs = rows.map((row) => Number(row['seq']))
  const clocked = asked.some(({ change }) => change.expect.leaseExpired === true)
  const [locked] = await session.rows(lockLeased, [store.clock.offset, seqs, clocked])
  const held = new Set((textOrNull(locked?.['held']) ?? '').split(','))
  const ids = rows.map((row) => text(row['id']))
  const steps = asked.some(({ change }) => change.expect.withoutSteps !== undefined)
  const stored = await loadByIds(session, ids, { timeline: true, steps })
  if (stored.some(({ seq, record }) => record.lease !== null && !held.has(String(seq))))
    throw new Again('a job was claimed meanwhile')
  const tickets = rows.map((row) => Number(row['ticket'])).toSorted((a, b) => a - b)
  return { stored, tickets, now: store.clock.saw(locked?.['now']) }
}

function applyOne(job: Rewritten, change: Change, clock: number): Applied {
  const now = Math.max(clock, job.now.updatedAt)
  const verdict = meets(job.now, change, now, stepsOf(job))
  if (verdict !== 'yes') return { outcome: verdict }
  job.now = changed(job.now, change, now)
  job.events.push({ seq: job.now.rev, at: now, ...change.event })
  for (const key of change.dropSteps ?? []) job.steps.set(key, null)
  for (const step of change.steps ?? []) job.steps.set(step.key, recorded(step, now))
  return { outcome: 'applied', rev: job.now.rev, at: now }
}

// As they stand after the changes before this one.
function stepsOf({ before, steps }: Rewritten): Step[] {
  return [...before.steps.filter(({ key }) => !steps.has(key)), ...[...steps.values()].filter((step) => step !== null)]
}
