// Waybill at its defaults, on whichever engine the URL names: nothing is set but the URL and the concurrency. Keeps
// status, result, owner index, attempts and timeline of every job.
import { createWaybill, defineJob } from 'waybill'
import type { Handler, Input, Peer, Producer, Runner, RunnerOptions } from '../peer.ts'

type Data = Omit<Input, 'user'>

function noop(handler: Handler) {
  return defineJob<Data, { ok: boolean }>({
    type: 'noop',
    async run(ctx) {
      await handler({ ...ctx.input, user: '' }, async (value) => ctx.progress(value))
      return { ok: true }
    },
  })
}

export function waybill(): Peer {
  return {
    async prepare(engine) {
      const one = createWaybill({ engine, logLevel: 'error' })
      await one.migrate()
      await one.close()
    },
    producer,
    runner,
  }
}

async function producer(engine: string): Promise<Producer> {
  const job = noop(async () => {})
  const waybill = createWaybill({ engine, jobs: [job], logLevel: 'error' })
  const parts = await waybill.parts()
  return {
    add: async ({ user, ...data }) => (await waybill.enqueue(job, data, { userId: user })).id,
    addMany: async (inputs) =>
      void (await waybill.enqueueMany(
        job,
        inputs.map(({ n, text }) => ({ n, text })),
        { userId: inputs[0]?.user ?? 'user-0' },
      )),
    read: (id) => waybill.get(id),
    async unfinished() {
      const { pending, processing } = await parts.engine.count({})
      return pending + processing
    },
    async addAndSee({ user, ...data }) {
      await waybill.result(await waybill.enqueue(job, data, { userId: user }))
    },
    async addAndFollow({ user, ...data }, heard) {
      const { id } = await waybill.enqueue(job, data, { userId: user })
      for await (const seen of waybill.watch(id)) heard(seen.progress ?? 0)
    },
    close: () => waybill.close(),
  }
}

async function runner(engine: string, { concurrency, handler }: RunnerOptions): Promise<Runner> {
  const waybill = createWaybill({ engine, jobs: [noop(handler)], logLevel: 'error' })
  const worker = waybill.worker({ concurrency })
  await worker.start()
  return { close: () => waybill.close() }
}
