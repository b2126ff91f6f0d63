// graphile-worker: a finished job is deleted, nothing tells a producer of it, and there is no progress. Tuned as its
// performance page advises: a local queue, batched completions, a pool as large as its users.
import { makeWorkerUtils, run as runWorker, Logger } from 'graphile-worker'
import type { Input, Peer, Producer, Runner, RunnerOptions } from '../peer.ts'

const task = 'noop'
const logger = new Logger(() => () => {})

export function graphileWorker(tuned: boolean): Peer {
  return {
    async prepare(connectionString) {
      const utils = await makeWorkerUtils({ connectionString, logger })
      await utils.migrate()
      await utils.release()
    },
    producer: (url) => produce(url, tuned),
    runner: (url, options) => run(url, options, tuned),
  }
}

async function produce(connectionString: string, tuned: boolean): Promise<Producer> {
  const utils = await makeWorkerUtils({ connectionString, logger, ...(tuned ? { maxPoolSize: 20 } : {}) })
  return {
    add: async (input) => (await utils.addJob(task, input)).id,
    addMany: async (inputs) => void (await utils.addJobs(inputs.map((payload) => ({ identifier: task, payload })))),
    read: (id) =>
      utils.withPgClient((client) => client.query('select * from graphile_worker.jobs where id = $1', [id])),
    unfinished: () =>
      utils.withPgClient(async (client) => {
        const { rows } = await client.query<{ n: number }>('select count(*)::int as n from graphile_worker.jobs')
        return rows[0]?.n ?? 0
      }),
    close: async () => utils.release(),
  }
}

async function run(url: string, { concurrency, handler }: RunnerOptions, tuned: boolean): Promise<Runner> {
  const best = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0, maxPoolSize: 10 }
  const runner = await runWorker({
    logger,
    noHandleSignals: true,
    taskList: {
      [task]: (payload) => handler(inputOf(payload), async () => {}),
    },
    preset: { worker: { connectionString: url, concurrentJobs: concurrency, ...(tuned ? best : {}) } },
  })
  return { close: () => runner.stop() }
}

function inputOf(payload: unknown): Input {
  const { n, text, user } = Object(payload)
  return { n: Number(n), text: String(text), user: String(user) }
}
