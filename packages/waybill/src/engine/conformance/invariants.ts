// What must be true of one job's history, whoever wrote it, and of two looks at the same job, one after the other. Pure.
import { isDeepStrictEqual } from 'node:util'
import type { JobRecord } from '../../job/record.ts'
import { canMove, isEnd, type Status } from '../../job/status.ts'
import { attemptsOf, type AttemptStatus, type TimelineEntry, type TimelineType } from '../../job/timeline.ts'

const ends: readonly Status[] = ['completed', 'failed', 'cancelled']
const running: readonly Status[] = ['processing']
const unended: readonly Status[] = ['scheduled', 'pending', 'waiting', 'processing']

/** Whence each entry may come, and whither it may lead. */
const moves: Record<TimelineType, { from: readonly Status[]; to: readonly Status[] }> = {
  created: { from: [], to: ['pending', 'scheduled'] },
  due: { from: ['scheduled'], to: ['pending'] },
  claimed: { from: ['pending'], to: running },
  completed: { from: running, to: ['completed'] },
  failed: { from: ['processing', 'waiting'], to: ['failed'] },
  retry_scheduled: { from: running, to: ['scheduled'] },
  released: { from: running, to: ['pending', 'scheduled'] },
  lost: { from: running, to: ['pending', 'scheduled'] },
  cancel_requested: { from: running, to: running },
  cancelled: { from: ['scheduled', 'pending', 'waiting', 'processing'], to: ['cancelled'] },
  retried: { from: ends, to: ['pending'] },
  expired: { from: ['scheduled', 'pending', 'processing'], to: ['failed'] },
  slept: { from: running, to: ['scheduled'] },
  waits: { from: running, to: ['waiting'] },
  child_ended: { from: ['waiting'], to: ['waiting'] },
  debounced: { from: ['scheduled'], to: ['scheduled', 'pending'] },
  resumed: { from: ['waiting'], to: ['pending'] },
  signalled: { from: unended, to: unended },
  wait_over: { from: running, to: running },
}

/** Sentences, one a violation; none when all is well. */
export function violations(job: JobRecord, timeline: TimelineEntry[]): string[] {
  const found = [...order(job, timeline), ...path(job, timeline), ...fences(job, timeline), ...accounts(job, timeline)]
  return [...found, ...shape(job)].map((text) => `${job.id}: ${text}`)
}

type Fault = string | false

const only = (faults: Fault[]): string[] => faults.filter((fault) => fault !== false)

// I3: the history begins at rev 1, rises, and does not run ahead of the job.
function order(job: JobRecord, timeline: TimelineEntry[]): string[] {
  const seqs = timeline.map(({ seq }) => seq)
  const [first] = timeline
  return only([
    (first?.type !== 'created' || first.seq !== 1) && 'the history does not begin with `created` at rev 1',
    !seqs.every((seq, i) => seq > (seqs[i - 1] ?? 0)) && `revs do not rise: ${seqs.join(' ')}`,
    (seqs.at(-1) ?? 0) > job.rev && `rev ${job.rev} is older than its last entry ${seqs.at(-1)}`,
    !timeline.every(({ at }, i) => at >= (timeline[i - 1]?.at ?? 0)) && 'times go back',
  ])
}

// I4, I6, I10: each entry is a move that the table has; an end is left by an explicit retry alone; the last one leads to
// where the job is. Some entries may lead to either of two places: all of them are followed.
function path(job: JobRecord, timeline: TimelineEntry[]): string[] {
  let at: readonly Status[] = []
  for (const [i, { type }] of timeline.entries()) {
    const { from, to } = moves[type]
    const here = at.filter((status) => from.includes(status))
    if (i > 0 && here.length === 0) return [`entry ${i + 1}, ${type}, cannot follow: the job was ${at.join(' or ')}`]
    at = i === 0 ? to : to.filter((next) => here.some((status) => canMove(status, next)))
    if (at.length === 0) return [`entry ${i + 1}, ${type}, is a move that the status table does not have`]
  }
  return only([!at.includes(job.status) && `the history leads to ${at.join(' or ')}, the job is ${job.status}`])
}

// I5: fences strictly rise, one claim each; the lease is the last claim's.
function fences(job: JobRecord, timeline: TimelineEntry[]): string[] {
  const claims = timeline.filter(({ type }) => type === 'claimed').map(({ data }) => Number(data['fence']))
  return only([
    !claims.every((fence, i) => fence > (claims[i - 1] ?? 0)) && `fences do not rise: ${claims.join(' ')}`,
    job.fence !== (claims.at(-1) ?? 0) && `its fence is ${job.fence}, the last claim had ${claims.at(-1) ?? 0}`,
    job.lease !== null && job.lease.fence !== job.fence && 'its lease is not that of the last claim',
  ])
}

// I8: since the last explicit retry, every claim is one attempt with one end, and the counters say how many of which.
function accounts(job: JobRecord, timeline: TimelineEntry[]): string[] {
  const since = timeline.slice(timeline.findLastIndex(({ type }) => type === 'retried') + 1)
  const all = attemptsOf(since)
  const n = (...of: AttemptStatus[]) => all.filter(({ status }) => of.includes(status)).length
  const failed = n('failed', 'timed_out')
  const charged = all.length - n('released', 'suspended')
  const open = job.status === 'processing' ? 1 : 0
  return only([
    n('running') !== open && `${n('running')} attempts run, the job is ${job.status}`,
    n('lost') !== job.losses && `${n('lost')} losses in the history, ${job.losses} counted`,
    (job.fails < failed || job.fails > failed + n('cancelled')) && `${failed} fails told of, ${job.fails} counted`,
    charged !== job.attempt && `${charged} attempts charged in the history, ${job.attempt} counted`,
  ])
}

// What goes with a status, and with nothing else.
function shape(job: JobRecord): string[] {
  const ended = isEnd(job.status)
  const { progress } = job
  return only([
    ended !== (job.completedAt !== null) && `${job.status} with completedAt ${job.completedAt}`,
    ended !== (job.expiresAt !== null) && `${job.status} with expiresAt ${job.expiresAt}`,
    (job.status === 'processing') !== (job.lease !== null) && `${job.status} with${job.lease ? '' : 'out'} a lease`,
    (job.status === 'scheduled' || job.status === 'waiting') !== (job.waitReason !== null) &&
      `${job.status} with the reason ${job.waitReason}`,
    job.status === 'completed' && progress !== 1 && `completed at ${progress}`,
    progress !== null && !(progress >= 0 && progress <= 1) && `progress is ${progress}`,
    job.status === 'failed' && job.error === null && 'failed without an error',
  ])
}

/** Two looks at one job, the later one second: what may never happen in between (I3, I4, I5, I9). */
export function regressions(before: JobRecord, after: JobRecord): string[] {
  const sameAttempt = before.fence === after.fence && before.status === 'processing' && after.status === 'processing'
  const visible = ({ lease: _, hasSteps: __, ...rest }: JobRecord) => rest
  return only([
    after.rev < before.rev && `rev fell from ${before.rev} to ${after.rev}`,
    after.rev === before.rev &&
      !isDeepStrictEqual(visible(before), visible(after)) &&
      `rev ${after.rev} shows two different states`,
    after.fence < before.fence && `the fence fell from ${before.fence} to ${after.fence}`,
    sameAttempt && (after.progress ?? -1) < (before.progress ?? -1) && `progress fell to ${after.progress}`,
    after.updatedAt < before.updatedAt && 'updatedAt went back',
    isEnd(before.status) && after.status !== before.status && after.rev < before.rev + 1 && 'an end state was left',
  ]).map((text) => `${after.id}: ${text}`)
}
