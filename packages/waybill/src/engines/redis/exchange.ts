// The round trip of a worker: plain ends out, the next claim in, in one script call.
import type { Claimed, ClaimRequest, LeasedJob } from '../../engine/engine.ts'
import type { Step } from '../../job/record.ts'
import type { Arg } from './port.ts'
import { isFresh } from './codec.ts'
import { leasesOf, stepsOf, stored } from './read.ts'
import { list, text } from './reply.ts'
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
  args.push(endsArgument(ends))
  const reply = list(await shard.run('exchange', args))
  const now = shard.heard(Number(reply[0]))
  return { now, ends: text(reply[1]), claimed: request ? await claimedOf(shard, reply, request.workerId) : null }
}

/** Says that a worker has room for a job that may be handed to it. */
export async function waitForWork(shard: Shard, request: ClaimRequest, channel: string): Promise<void> {
  await shard.run('exchange', [...claimArguments({ ...request, claimId: '', begun: [] }, channel), ''])
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

type EndKind = [fence: number, queue: string, keepMs: number, result: string]

// One text for all of them: hundreds of arguments cost client and server more than reading JSON does. What many ends
// have in common is written once.
function endsArgument(ends: PlainEnd[]): string {
  if (ends.length === 0) return ''
  const kinds: EndKind[] = []
  const places = new Map<string, number>()
  const rows: (string | number)[] = []
  for (const { id, n, fence, queue, keepMs, result } of ends) {
    const name = `${fence} ${keepMs} ${queue}\n${result}`
    let place = places.get(name)
    if (place === undefined) places.set(name, (place = kinds.push([fence, queue, keepMs, result])))
    rows.push(id, String(n), place)
  }
  return JSON.stringify([kinds, rows])
}

async function claimedOf(shard: Shard, reply: unknown[], workerId: string): Promise<Claimed> {
  const [, , fence, started, heartbeat, expires, begun, ids, places, records] = reply.map(text)
  const jobs: LeasedJob[] = []
  if (!ids || !records) return { fence: Number(fence), jobs }
  const leaseAt = leasesOf(fence ?? '', [workerId, started ?? '', heartbeat ?? '', expires ?? '', begun ?? ''])
  const placeOf = placesOf(places ?? '')
  const texts = records.split('\0')
  for (const [i, id] of ids.split('\n').entries()) {
    const record = texts[i]
    if (!record) continue
    const job = stored(id, record, '', leaseAt(placeOf(i)))
    if (job.record.status !== 'processing') continue // it was cancelled by force in the moment between
    if (isFresh(job.lines)) shard.memo.keep(id, { n: job.n, queue: job.record.queue })
    else shard.memo.forget(id)
    const steps = job.record.hasSteps ? await stepsAt(shard, id) : []
    jobs.push({ record: job.record, inputJson: job.lines.input, steps })
  }
  return { fence: Number(fence), jobs }
}

// Of a new claim the places are 0, 1, 2 …; only of one that is answered again they may have gaps.
function placesOf(places: string): (i: number) => number {
  const given = places === '' ? [] : places.split(' ').map(Number)
  return (i) => given[i] ?? i
}

async function stepsAt(shard: Shard, id: string): Promise<Step[]> {
  return stepsOf(await shard.call('HGETALL', `steps:${id}`))
}
