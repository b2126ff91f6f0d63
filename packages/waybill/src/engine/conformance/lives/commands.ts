// The commands of a random life. `a` and `b` are drawn numbers that pick among what there is; a command that finds nothing
// to do does nothing, so that every part of a life is a life, and a failing one shrinks.
import { postponed } from '../../../job/debounce.ts'
import {
  cancel,
  childEnded,
  due,
  expired,
  graceOver,
  leaseRanOut,
  released,
  retried,
  signalled,
} from '../../../job/decide.ts'
import type { Change } from '../../../job/change.ts'
import { signalSent } from '../../../job/waits.ts'
import type { JobRecord } from '../../../job/record.ts'
import type { Engine } from '../../engine.ts'
import { half } from '../subject.ts'
import { endAndClaim, endOne, noteOne, parkOne } from './attempt.ts'
import { insertSome } from './insert.ts'
import { turnPage } from './pages.ts'
import { restoreSome } from './restore.ts'
import type { Decider, Pair } from './pair.ts'

export interface Step {
  do: Command
  a: number
  b: number
}

type Run = (pair: Pair, a: number, b: number) => Promise<void> | void

export type Command =
  | 'insert'
  | 'claim'
  | 'claimAgain'
  | 'end'
  | 'late'
  | 'endAndClaim'
  | 'park'
  | 'note'
  | 'sentAgain'
  | 'extend'
  | 'advance'
  | 'promote'
  | 'rescue'
  | 'rescueEarly'
  | 'revoke'
  | 'expire'
  | 'release'
  | 'cancel'
  | 'retry'
  | 'postpone'
  | 'wake'
  | 'signal'
  | 'purge'
  | 'pause'
  | 'lead'
  | 'enrol'
  | 'restore'
  | 'page'
  | 'reopen'
  | 'switch'

const second = 1_000
const day = 86_400 * second
const advances = [
  1 * second,
  1 * second,
  4 * second,
  11 * second,
  61 * second,
  300 * second,
  2 * day,
  8 * day,
  31 * day,
]
const served = [[], ['q0'], ['q1', 'q0']]
const workers = ['w0', 'w1']

const lease = { leaseMs: 10 * second }

export const commands: Record<Command, Run> = {
  insert: insertSome,
  claim: (pair, a, b) =>
    pair.claim({
      workerId: workers[a % 2] ?? '',
      queues: served[a % 3] ?? [],
      max: b % 4,
      claimId: `c${++pair.made}`,
      begins: b % 3,
      begun: pair.claims.slice(-1).map(({ real }) => ({ fence: real.fence, begun: a % 3 })),
      ...lease,
    }),
  claimAgain: async (pair, a) => {
    const earlier = pair.claims[a % Math.max(1, pair.claims.length)]
    if (earlier) await pair.claim({ ...earlier.request, begun: [] })
  },
  end: (pair, a, b) => endOne(pair, pair.claims.length - 1 - (a % 2), a, b),
  late: (pair, a, b) => endOne(pair, a, a, b),
  endAndClaim,
  park: parkOne,
  note: noteOne,
  sentAgain: (pair) => pair.apply('the same changes again', pair.sent),
  extend: async (pair, a) => {
    const earlier = pair.claims[a % Math.max(1, pair.claims.length)]
    if (!earlier) return
    const workerId = a % 5 === 0 ? 'somebody else' : earlier.request.workerId
    await pair.both('extend', (engine, side) => {
      const { fence, jobs } = earlier[side]
      const asked = jobs.map(({ record }) => ({ id: record.id, fence }))
      return engine.extend({ workerId, leases: [{ fence, begun: a % 3 }], jobs: asked, ...lease })
    })
  },
  advance: (pair, a) => pair.subject.advance(advances[a % advances.length] ?? 0),
  promote: (pair) => onDue(pair, 'run_at', due),
  rescue: (pair) => onDue(pair, 'lease', (job) => leaseRanOut(job, 'err_l', half)),
  // As by somebody whose clock or view is wrong: the engine's own clock must say no.
  rescueEarly: (pair, a) =>
    pair.decide('rescue early', pair.oneOf(a, 'running'), (job) => job.lease && leaseRanOut(job, 'err_l', half)),
  revoke: (pair) => onDue(pair, 'cancel', graceOver),
  expire: (pair) => onDue(pair, 'start_by', (job) => expired(job, 'err_x')),
  release: (pair, a, b) =>
    pair.decide(
      'release',
      pair.oneOf(a, 'running'),
      (job) => job.lease && released(job, job.lease.fence, 'r', (b % 2) * second),
    ),
  cancel: (pair, a, b) => {
    const wish = { reason: 'r', graceMs: 3 * second, mode: b % 3 === 0 ? ('force' as const) : ('cooperative' as const) }
    return pair.decide('cancel', pair.oneOf(a, b % 2 === 0 ? 'running' : 'all'), (job) => cancel(job, wish))
  },
  retry: (pair, a, b) =>
    pair.decide('retry', pair.oneOf(a), (job) => forgetting(retried(job, b % 2 === 0 ? undefined : { again: b }), b)),
  postpone: (pair, a, b) => {
    const wish = { input: { b }, waitMs: (b % 3) * second, maxMs: 365 * day }
    return pair.decide('postpone', pair.oneOf(a), (job) => postponed(job, wish, job.createdAt))
  },
  wake: (pair, a, b) =>
    pair.decide('wake', pair.oneOf(a), (job) =>
      job.waitReason === 'signal'
        ? signalled(job, 's')
        : childEnded(job, b % 3 === 0 ? 'failed' : 'completed', b % 2 === 0 ? 'fail' : 'continue', 'err_c'),
    ),
  signal: (pair, a, b) => pair.decide('signal', pair.oneOf(a), (job) => sent(job, b)),
  purge: async (pair, a) => {
    const id = a % 2 === 0 ? pair.ids[a % Math.max(1, pair.ids.length)] : undefined
    await pair.both('purge', (engine) => engine.purge(100, id))
  },
  pause: async (pair, a, b) => {
    const body = b % 3 === 0 ? null : { paused: b % 2 === 0 }
    await pair.both('pause', (engine) => engine.putDoc('queue', `q${a % 2}`, body, b % 5 === 0 ? 1 : null))
  },
  lead: async (pair, a, b) => {
    await pair.both('lead', (engine) => engine.lead(`r${a % 2}`, `h${b % 3}`, 5 * second))
  },
  enrol: async (pair, a, b) => {
    const worker = { id: workers[a % 2] ?? '', name: 'n', queues: [], slots: b % 9 }
    await pair.both('enrol', (engine) => engine.enrol(worker, b % 4 === 0 ? 0 : 12 * second))
  },
  restore: restoreSome,
  page: turnPage,
  reopen: async (pair) => {
    if (pair.subject.reopen) pair.engine = await pair.subject.reopen()
  },
  switch: async (pair) => {
    if (pair.subject.another) pair.engine = await pair.subject.another()
  },
}

// As by somebody who has seen none of the job's steps, or a wait: what is there already must say no.
function sent(job: JobRecord, b: number): Change | null {
  const seen =
    b % 2 === 0
      ? [{ key: 'wait:s', status: 'completed' as const, attempt: 1, startedAt: 0, endedAt: 0, result: null }]
      : []
  const change = signalSent(job, seen, { name: 's', payload: b }, 0)
  return change === 'full' ? null : change
}

// Steps of other attempts and waits too, or none.
function forgetting(change: Change | null, b: number): Change | null {
  return change && b % 3 === 0 ? { ...change, dropSteps: ['s0', 's1', 'wait:s'] } : change
}

// In one order on both sides: jobs that are due at the same instant may come in any.
async function onDue(pair: Pair, kind: Parameters<Engine['due']>[0], decider: Decider): Promise<void> {
  const byId = (jobs: JobRecord[]) => jobs.toSorted((x, y) => (x.id < y.id ? -1 : 1))
  await pair.decide(`due ${kind}`, async (engine) => byId(await engine.due(kind, 1_000)), decider)
}
