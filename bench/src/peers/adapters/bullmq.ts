// BullMQ, on Redis and on PostgreSQL. Its defaults keep every finished job; tuned, it removes them at once, and on
// PostgreSQL its pool has 20 connections instead of 10.
import { randomUUID } from 'node:crypto'
import {
  type BackendClasses,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  type Job,
  type PostgresConnectionOptions,
  type ConnectionOptions,
  withBackend,
} from 'bullmq'
import type { Input, Peer, Producer, Runner, RunnerOptions } from '../peer.ts'

const queueName = 'bench'
const quiet = () => {}

/** The two stores differ in their classes and in what connects to them. */
interface Store<B extends IQueueBackend, C> {
  classes: BackendClasses<B, C>
  connection(url: string): C
  prepare: (url: string) => Promise<void>
}

export function bullmqOnRedis(tuned: boolean): Peer {
  return bullmq<IQueueBackend, ConnectionOptions>(
    {
      classes: withBackend(createRedisBackend),
      connection: (url) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) }),
      prepare: async () => {},
    },
    tuned,
  )
}

export function bullmqOnPostgres(tuned: boolean): Peer {
  const classes = withBackend(createPostgresBackend)
  return bullmq<IQueueBackend, PostgresConnectionOptions>(
    {
      classes,
      connection: (connectionString) => ({ connectionString, ...(tuned ? { max: 20 } : {}) }),
      async prepare(connectionString) {
        const queue = new classes.Queue(queueName, { connection: { connectionString, migrate: true } })
        await queue.waitUntilReady()
        await queue.close()
      },
    },
    tuned,
  )
}

function bullmq<B extends IQueueBackend, C>(store: Store<B, C>, tuned: boolean): Peer {
  return {
    prepare: store.prepare,
    producer: (url, events) => produce(store, url, { events, tuned }),
    runner: (url, options) => run(store, url, options, tuned),
  }
}

async function produce<B extends IQueueBackend, C>(
  store: Store<B, C>,
  url: string,
  use: { events: boolean; tuned: boolean },
): Promise<Producer> {
  const queue = new store.classes.Queue<Input, unknown, 'noop'>(queueName, { connection: store.connection(url) })
  queue.on('error', quiet)
  await queue.waitUntilReady()
  const heard = use.events ? new store.classes.QueueEvents(queueName, { connection: store.connection(url) }) : null
  await heard?.waitUntilReady()
  return {
    add: async (input) => idOf(await queue.add('noop', input)),
    addMany: async (inputs) => void (await queue.addBulk(inputs.map((data) => ({ name: 'noop' as const, data })))),
    read: (id) => queue.getJob(id),
    async unfinished() {
      const counts = await queue.getJobCounts('wait', 'active', 'prioritized')
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },
    ...(heard && {
      async addAndSee(input: Input) {
        if (use.tuned) return seen(heard, (jobId) => queue.add('noop', input, { jobId }))
        const job = await queue.add('noop', input)
        await job.waitUntilFinished(heard)
      },
      async addAndFollow(input: Input, value: (value: number) => void) {
        const listen = ({ data }: { data: unknown }) => value(Number(data))
        heard.on('progress', listen)
        await seen(heard, (jobId) => queue.add('noop', input, { jobId }))
        heard.off('progress', listen)
      },
    }),
    async close() {
      await heard?.close()
      await queue.close()
    },
  }
}

interface Ends {
  on(event: 'completed', listener: (args: { jobId: string }) => void): unknown
  off(event: 'completed', listener: (args: { jobId: string }) => void): unknown
}

// `waitUntilFinished` fails on a job that was removed at its end before the call came to look. An id of one's own and the
// event do not, and cost one round trip less.
async function seen(events: Ends, add: (jobId: string) => Promise<unknown>): Promise<void> {
  const own = randomUUID()
  const { promise, resolve } = Promise.withResolvers<void>()
  const listen = ({ jobId }: { jobId: string }) => {
    if (jobId === own) resolve()
  }
  events.on('completed', listen)
  await add(own)
  await promise
  events.off('completed', listen)
}

function idOf(job: { id?: string | undefined }): string {
  if (job.id === undefined) throw new Error('bullmq: a job was added without an id')
  return job.id
}

async function run<B extends IQueueBackend, C>(
  store: Store<B, C>,
  url: string,
  { concurrency, handler }: RunnerOptions,
  tuned: boolean,
): Promise<Runner> {
  const work = async (job: Job<Input>) => {
    await handler(job.data, (value) => job.updateProgress(value))
    return { ok: true }
  }
  const worker = new store.classes.Worker<Input, unknown, 'noop'>(queueName, work, {
    connection: store.connection(url),
    concurrency,
    ...(tuned ? { removeOnComplete: { count: 0 } } : {}),
  })
  worker.on('error', quiet)
  await worker.waitUntilReady()
  return { close: () => worker.close() }
}
