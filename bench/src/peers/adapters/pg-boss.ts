// pg-boss: keeps finished jobs for seven days; nothing tells a producer of an end, and there is no progress. At its
// defaults a worker takes one job every two seconds. Tuned as its documents advise: batches of 500, the next one at once
// while batches are full, LISTEN/NOTIFY, a heartbeat of 10 s (its shortest)
// and supervision at the same pace.
import { type Job, PgBoss } from 'pg-boss'
import type { Handler, Input, Peer, Producer, Runner, RunnerOptions } from '../peer.ts'

const queueName = 'bench'
const batchSize = 500
const best = { useListenNotify: true, max: 20, superviseIntervalSeconds: 10, monitorIntervalSeconds: 10 }
const unfinished = `select count(*)::int as n from pgboss.job where name = $1 and state < 'completed'`

export function pgBoss(tuned: boolean): Peer {
  return {
    async prepare(url) {
      const boss = await open(url, tuned)
      await boss.createQueue(queueName, tuned ? { notify: true, heartbeatSeconds: 10, partition: true } : {})
      await boss.stop()
    },
    producer: (url) => produce(url, tuned),
    runner: (url, options) => run(url, options, tuned),
  }
}

async function open(connectionString: string, tuned: boolean): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString, ...(tuned ? best : {}) })
  boss.on('error', () => {})
  boss.on('warning', () => {})
  await boss.start()
  return boss
}

async function produce(url: string, tuned: boolean): Promise<Producer> {
  const boss = await open(url, tuned)
  return {
    async add(input) {
      const id = await boss.send(queueName, input)
      if (id === null) throw new Error('pg-boss: a job was not stored')
      return id
    },
    addMany: async (inputs) =>
      void (await boss.insert(
        queueName,
        inputs.map((data) => ({ data })),
      )),
    read: (id) => boss.findJobs(queueName, { id }),
    async unfinished() {
      const { rows } = await boss.getDb().executeSql(unfinished, [queueName])
      const counts: { n: number }[] = rows
      return counts[0]?.n ?? 0
    },
    close: () => boss.stop(),
  }
}

async function run(url: string, { concurrency, handler }: RunnerOptions, tuned: boolean): Promise<Runner> {
  const boss = await open(url, tuned)
  const loops = concurrency > 1 ? 2 : 1 // one fetches while the other runs
  if (tuned)
    await boss.work<Input>(
      queueName,
      { batchSize, burstWhenBatchFull: true, localConcurrency: loops, pollingIntervalSeconds: 0.5 },
      (jobs) => atMost(concurrency / loops, jobs, handler),
    )
  else await boss.work<Input>(queueName, { localConcurrency: concurrency }, (jobs) => atMost(1, jobs, handler))
  return { close: () => boss.stop() }
}

// A batch counts as one call; inside it no more jobs run at a time than were asked for.
async function atMost(concurrency: number, jobs: Job<Input>[], handler: Handler): Promise<void> {
  const left = jobs.values()
  const lane = async () => {
    for (const job of left) await handler(job.data, async () => {})
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, lane))
}
