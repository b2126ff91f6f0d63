// bee-queue. Tuned as its README advises for throughput: no job events unless a producer listens, no job objects kept
// in the process, finished jobs removed, stalled jobs looked for at its `stallInterval`.
import Queue from 'bee-queue'
import type { Input, Peer, Producer, Runner, RunnerOptions } from '../peer.ts'

const queueName = 'bench'
const stallIntervalMs = 5_000

export function bee(tuned: boolean): Peer {
  return {
    prepare: async () => {},
    producer: (url, events) => produce(url, events, tuned),
    runner: (url, options) => run(url, options, tuned),
  }
}

function redis(url: string): { host: string; port: number } {
  return { host: new URL(url).hostname, port: Number(new URL(url).port) }
}

async function produce(url: string, events: boolean, tuned: boolean): Promise<Producer> {
  const lean = { isWorker: false, getEvents: events, sendEvents: events, storeJobs: events }
  const queue = new Queue<Input>(queueName, { redis: redis(url), ...(tuned ? lean : {}) })
  queue.on('error', () => {})
  await queue.ready()
  return {
    add: async (input) => (await queue.createJob(input).save()).id,
    addMany: async (inputs) => void (await queue.saveAll(inputs.map((input) => queue.createJob(input)))),
    read: (id) => queue.getJob(id),
    async unfinished() {
      const { waiting, active } = await queue.checkHealth()
      return waiting + active
    },
    ...(events && {
      addAndSee: (input: Input) => ended(queue.createJob(input), () => {}),
      addAndFollow: (input: Input, heard: (value: number) => void) => ended(queue.createJob(input), heard),
    }),
    close: () => queue.close(),
  }
}

async function ended(job: Queue.Job<Input>, heard: (value: number) => void): Promise<void> {
  job.on('progress', (value) => heard(Number(value)))
  const end = new Promise<void>((resolve, reject) => {
    job.on('succeeded', () => resolve())
    job.on('failed', reject)
  })
  await job.save()
  await end
}

async function run(url: string, { concurrency, handler, events }: RunnerOptions, tuned: boolean): Promise<Runner> {
  const lean = { getEvents: false, sendEvents: events, storeJobs: false, removeOnSuccess: true }
  const queue = new Queue<Input>(queueName, { redis: redis(url), ...(tuned ? lean : {}) })
  queue.on('error', () => {})
  await queue.ready()
  if (tuned) await queue.checkStalledJobs(stallIntervalMs)
  queue.process(concurrency, async (job: Queue.Job<Input>) => {
    await handler(job.data, async (value) => job.reportProgress(value))
    return { ok: true }
  })
  return { close: () => queue.close() }
}
