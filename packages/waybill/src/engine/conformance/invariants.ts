// What must be true of one job's history, whoever wrote it. Pure.
import { canMove, isEnd, type Status } from '../../job/status.ts'
import type { JobRecord } from '../../job/record.ts'
import { attemptsOf, type TimelineEntry, type TimelineType } from '../../job/timeline.ts'

const leadsTo: Partial<Record<TimelineType, Status>> = {
  due: 'pending',
  claimed: 'processing',
  completed: 'completed',
  failed: 'failed',
  expired: 'failed',
  retry_scheduled: 'scheduled',
  released: 'pending',
  cancelled: 'cancelled',
  retried: 'pending',
  slept: 'scheduled',
  waits: 'waiting',
  child_ended: 'waiting',
  resumed: 'pending',
}

/** Sentences, one a violation; none when all is well. */
export function violations(job: JobRecord, timeline: TimelineEntry[]): string[] {
  return [...order(job, timeline), ...moves(job, timeline), ...fences(job, timeline), ...attempts(job, timeline)].map(
    (text) => `${job.id}: ${text}`,
  )
}

// I3: revs rise, and the newest entry is not newer than the job.
function order(job: JobRecord, timeline: TimelineEntry[]): string[] {
  const seqs = timeline.map(({ seq }) => seq)
  const rising = seqs.every((seq, i) => seq > (seqs[i - 1] ?? 0))
  return [
    ...(timeline[0]?.type === 'created' && timeline[0].seq === 1
      ? []
      : ['the history does not begin with `created` at rev 1']),
    ...(rising ? [] : [`revs do not rise: ${seqs.join(' ')}`]),
    ...((seqs.at(-1) ?? 0) <= job.rev ? [] : [`rev ${job.rev} is older than its last entry ${seqs.at(-1)}`]),
  ]
}

// I4 and the status table: each entry is a move that the table has, and the last one leads to where the job is.
function moves(job: JobRecord, timeline: TimelineEntry[]): string[] {
  const faults: string[] = []
  let status: Status = 'pending'
  for (const entry of timeline) {
    const to = targetOf(entry, status)
    const begins = entry.type === 'created' || (entry.type === 'due' && status === 'pending')
    if (!begins && !canMove(status, to)) faults.push(`${entry.type} moves ${status} to ${to}`)
    if (isEnd(status) && entry.type !== 'retried') faults.push(`${entry.type} after the end`)
    status = to
  }
  const fits = status === job.status || (timeline.length === 1 && job.status === 'scheduled')
  return fits ? faults : [...faults, `the history leads to ${status}, the job is ${job.status}`]
}

function targetOf({ type, data }: TimelineEntry, from: Status): Status {
  if (type === 'lost') return data['delay_ms'] === 0 ? 'pending' : 'scheduled'
  return leadsTo[type] ?? from
}

// I5, I6: fences strictly rise, one claim each, and no claim begins while another runs.
function fences(job: JobRecord, timeline: TimelineEntry[]): string[] {
  const claims = timeline.filter(({ type }) => type === 'claimed').map(({ data }) => Number(data['fence']))
  const rising = claims.every((fence, i) => fence > (claims[i - 1] ?? 0))
  const held = job.lease === null || job.lease.fence === claims.at(-1)
  return [
    ...(rising ? [] : [`fences do not rise: ${claims.join(' ')}`]),
    ...(held ? [] : ['the lease is not that of the last claim']),
  ]
}

// I8, I9: every claim is accounted for; progress is within bounds and 1 at completion.
function attempts(job: JobRecord, timeline: TimelineEntry[]): string[] {
  const since = timeline.slice(timeline.findLastIndex(({ type }) => type === 'retried') + 1)
  const all = attemptsOf(since)
  const of = (...wanted: string[]) => all.filter(({ status }) => wanted.includes(status)).length
  const lost = since.filter(({ type, data }) => type === 'lost' || data['lost'] === true).length
  const running = job.status === 'processing' ? 1 : 0
  return [
    ...(of('running') === running ? [] : [`${of('running')} attempts run, the job is ${job.status}`]),
    ...(lost === job.losses ? [] : [`${lost} losses in the history, ${job.losses} counted`]),
    ...(of('failed', 'timed_out', 'cancelled') >= job.fails
      ? []
      : [`${job.fails} fails counted, the history has fewer`]),
    ...(job.progress === null || (job.progress >= 0 && job.progress <= 1) ? [] : [`progress is ${job.progress}`]),
    ...(job.status !== 'completed' || job.progress === 1 ? [] : ['completed without being at 1']),
  ]
}
