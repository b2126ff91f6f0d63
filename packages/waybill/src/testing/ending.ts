// Waiting for the end of a job: time goes on while only time can help it, and a wait that would never end says why.
import type { JobRecord } from '../job/record.ts'
import { isEnd } from '../job/status.ts'
import { spokenDuration } from '../lib/duration.ts'
import { waitOf } from '../watch/wait-text.ts'
import type { Driver } from './driver.ts'
import { jobOf } from './moments.ts'
import { realNow } from './real-time.ts'
import type { Store } from './store.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface EndingParts {
  clock: VirtualClock
  store: Store
  driver: Driver
  /** Whether a worker of this test can run jobs of this type. */
  runs: (type: string) => boolean
  patienceMs: number
}

/** While a handler runs, time goes to timers that are so near: a short sleep, a call that is tried again. */
const nearMs = 2_000
/** A pending job that nobody takes for so long will wait for ever. */
const pendingMs = 600_000
/** More moments than this, and the job goes in a circle. */
const mostMoments = 20_000

/** The job as it ended. Throws when it never would. */
export async function ended(parts: EndingParts, id: string): Promise<JobRecord> {
  const { driver, store, clock } = parts
  await driver.now()
  let known = { rev: 0, since: clock.now() }
  for (let moments = 0; moments < mostMoments; moments++) {
    const job = await jobOf(store.real, id)
    if (isEnd(job.status)) return job
    if (known.rev !== job.rev) known = { rev: job.rev, since: clock.now() }
    if (job.status === 'processing') await running(parts, job)
    else await goOn(parts, job, known.since)
  }
  throw new Error(`testWaybill: job ${id} goes on and on without an end; see t.history("${id}")`)
}

// Real time: its handler may be at work on something that is not the clock's.
async function running({ driver, store, clock, patienceMs }: EndingParts, { id, type, rev }: JobRecord): Promise<void> {
  const [until, before] = [realNow() + patienceMs, store.activity]
  while (store.activity === before && realNow() < until) {
    await driver.toTimer(nearMs)
    await driver.rest()
    if ((await jobOf(store.real, id)).rev !== rev) return
  }
  if (store.activity !== before) return
  throw new Error(
    `testWaybill: the handler of "${type}" (job ${id}) has been at work for ${spokenDuration(patienceMs)} of real time and calls nothing. ` +
      `If it waits for its time limit, use t.enqueue and t.advance; if it needs longer, testWaybill({ patience: '30s' }).` +
      ` The clock stands at ${new Date(clock.now()).toISOString()}`,
  )
}

async function goOn({ driver, store, clock, runs }: EndingParts, job: JobRecord, since: number): Promise<void> {
  if (!runs(job.type))
    throw new Error(
      `testWaybill: there is no handler for "${job.type}" in this test; end the job over HTTP before you wait for its result`,
    )
  const next = await driver.next()
  const isStuck = job.status === 'pending' ? clock.now() - since > pendingMs : onlyTimeIsLeft(job, next, clock, store)
  if (isStuck || next === Number.POSITIVE_INFINITY) throw await stuck(store, job)
  clock.moveTo(next)
  await driver.now()
}

// Nothing else happens before it gives up waiting for its signal.
function onlyTimeIsLeft(job: JobRecord, next: number, clock: VirtualClock, store: Store): boolean {
  return job.status === 'waiting' && next - clock.now() >= job.runAt - store.real.now()
}

async function stuck({ real }: Store, job: JobRecord): Promise<Error> {
  const [queues, workers] = await Promise.all([real.queues(), real.workers()])
  const facts = { queues: new Map(queues.map((row) => [row.queue, row])), workers }
  const { text } = waitOf(job, real.now(), facts)
  const advice =
    job.status === 'waiting'
      ? 'send it with t.waybill.signal, or let its time pass with t.advance'
      : 'see that a worker of this test can take it'
  return new Error(`testWaybill: job ${job.id} ("${job.type}") would wait for ever: ${text ?? job.status}; ${advice}`)
}
