// The round trip of a worker: plain ends out, the next claim in. One script call; the records of a large claim follow in a
// plain read, which costs the server a fraction of what a script would.
import type { Claimed, ClaimRequest, LeasedJob } from '../../engine/engine.ts'
import type { Step } from '../../job/record.ts'
import type { Arg } from './port.ts'
import { isFresh } from './codec.ts'
import { leasesOf, stepsOf, stored } from './read.ts'
import { list, text, textOrNull } from './reply.ts'
import type { Shard } from './shard.ts'

export interface PlainEnd {
  id: string
  /** Its place in the order of inserts. */
  n: number
  queue: string
  fence: number
  keepMs: number
  /** As JSON. */
  result: string
}

export interface Exchanged {
  now: number
  /** One digit an end: 1 ended, 0 not of this kind. */
  ends: string
  claimed: Claimed | null
}

/** `channel`: where the worker can be handed a job later, or ''. */
export async function exchange(
  shard: Shard,
  ends: PlainEnd[],
  request: ClaimRequest | null,
  channel = '',
): Promise<Exchanged> {
  const args = request ? claimArguments(request, channel) : ['', '', '', 0, 0, 0, 0, 0]
  args.push(ends.length)
  for (const end of ends) args.push(end.id, end.n, end.queue, end.fence, end.keepMs, end.result)
  const reply = list(await shard.run('exchange', args))
  const now = shard.heard(Number(reply[0]))
  return { now, ends: text(reply[1]), claimed: request ? await claimedOf(shard, reply, request.workerId) : null }
}

/** Says that a worker has room for a job that may be handed to it. */
export async function waitForWork(shard: Shard, request: ClaimRequest, channel: string): Promise<void> {
  await shard.run('exchange', [...claimArguments({ ...request, claimId: '', begun: [] }, channel), 0])
}

function claimArguments(request: ClaimRequest, channel: string): Arg[] {
  const { workerId, claimId, leaseMs, begins, max, queues, begun = [] } = request
  return [
    workerId,
    claimId,
    channel,
    leaseMs,
    begins,
    max,
    queues.length,
    ...queues,
    begun.length,
    ...begun.flatMap((one) => [one.fence, one.begun]),
  ]
}

interface Given {
  id: string
  place: string
  record: string | null
}

async function claimedOf(shard: Shard, reply: unknown[], workerId: string): Promise<Claimed> {
  const [, , fence, started, heartbeat, expires, begun] = reply
  const row = [workerId, text(started), text(heartbeat), text(expires), text(begun)]
  const jobs: LeasedJob[] = []
  const leaseAt = leasesOf(text(fence), row)
  for (const { id, place, record } of await givenBy(shard, reply)) {
    if (record === null) continue
    const job = stored(id, record, '', leaseAt(Number(place)))
    const { status } = job.record
    if (status !== 'processing') continue // it was cancelled by force in the moment between
    if (isFresh(job.lines)) shard.memo.keep(id, { n: job.n, queue: job.record.queue })
    else shard.memo.forget(id)
    const steps = job.record.hasSteps ? await stepsAt(shard, id) : []
    jobs.push({ record: job.record, inputJson: job.lines.input, steps })
  }
  return { fence: Number(fence), jobs }
}

const headLength = 9

async function givenBy(shard: Shard, reply: unknown[]): Promise<Given[]> {
  const count = Number(reply[7])
  const withRecords = reply[8] === 1
  const given: Given[] = []
  for (let at = headLength; given.length < count; at += withRecords ? 3 : 2) {
    const record = withRecords ? textOrNull(reply[at + 2]) : null
    given.push({ id: text(reply[at]), place: text(reply[at + 1]), record })
  }
  if (withRecords || count === 0) return given
  const records = list(await shard.records(given.map(({ id }) => id)))
  return given.map((one, i) => ({ ...one, record: textOrNull(records[i]) }))
}

async function stepsAt(shard: Shard, id: string): Promise<Step[]> {
  return stepsOf(await shard.call('HGETALL', `steps:${id}`))
}
