// A process of the fault tests, told what to be by its arguments: `work URL EFFECTS [LEASE]` runs jobs, `submit URL N`
// submits, `serve URL` answers HTTP. Effects go to a file that survives every kind of death; states are told over IPC.
import { appendFileSync } from 'node:fs'
import { createWaybill, defineJob, JobAborted, type AnyJobDefinition, type JobDefinition } from '../../src/index.ts'
import { serve } from '../../src/http/index.ts'
import { jsonLogger } from '../../src/lib/log.ts'

const [role = '', url = '', where = '', lease = '1s'] = process.argv.slice(2)
const effect = (line: string) => appendFileSync(where, `${process.pid} ${line}\n`)

/** Says that it began, waits until it is told to stop or for `ms`, and says how it ended. */
export const patient: JobDefinition<{ ms: number }, { pid: number }> = defineJob({
  type: 'patient',
  retry: { attempts: 1 },
  async run(ctx) {
    effect(`began ${ctx.job.id}`)
    process.send?.({ began: ctx.job.id })
    const aborted = new Promise<never>((_, stop) => ctx.signal.addEventListener('abort', () => stop(ctx.signal.reason)))
    try {
      await Promise.race([aborted, new Promise((resolve) => setTimeout(resolve, ctx.input.ms))])
    } catch (error) {
      effect(`aborted ${ctx.job.id} ${error instanceof JobAborted ? error.reason : 'error'}`)
      throw error
    }
    effect(`ended ${ctx.job.id}`)
    return { pid: process.pid }
  },
})

/** Hears no signal: writes, keeps a step and returns whatever happens, and says what became of each. */
export const stubborn: JobDefinition<{ ms: number }, { pid: number }> = defineJob<{ ms: number }, { pid: number }>({
  type: 'stubborn',
  retry: { attempts: 1 },
  async run(ctx) {
    process.send?.({ began: ctx.job.id })
    let left = ctx.input.ms
    while (left > 0) {
      ctx.progress(0.5, `by ${process.pid}`)
      ctx.log.info(`by ${process.pid}`)
      left -= 50
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const kept = ctx.step('mark', () => process.pid)
    await kept.then(
      () => effect(`kept ${ctx.job.id}`),
      () => effect(`refused ${ctx.job.id}`),
    )
    effect(`returned ${ctx.job.id}`)
    return { pid: process.pid }
  },
})

/** Blocks the event loop of its process. */
export const blocking: JobDefinition<{ ms: number }, { pid: number }> = defineJob({
  type: 'blocking',
  run(ctx) {
    effect(`began ${ctx.job.id}`)
    for (const until = performance.now() + ctx.input.ms; performance.now() < until; );
    effect(`ended ${ctx.job.id}`)
    return { pid: process.pid }
  },
})

/** Kills its process, every time. */
export const poison: JobDefinition = defineJob({
  type: 'poison',
  retry: { backoff: '100ms', jitter: 0 },
  run(ctx) {
    effect(`began ${ctx.job.id}`)
    process.kill(process.pid, 'SIGKILL')
  },
})

export const quick: JobDefinition<{ n: number }, number> = defineJob({
  type: 'quick',
  retry: { backoff: '100ms', jitter: 0 },
  run(ctx) {
    effect(`ran ${ctx.job.id}`)
    return ctx.input.n
  },
})

/** Sleeps, and waits for somebody: says each thing that it does. */
export const human: JobDefinition<{ sleepMs: number }, { answers: unknown[] }> = defineJob<
  { sleepMs: number },
  { answers: unknown[] }
>({
  type: 'human',
  retry: { backoff: '100ms', jitter: 0 },
  async run(ctx) {
    await ctx.step('first', () => effect(`first ${ctx.job.id}`))
    await ctx.sleep('nap', ctx.input.sleepMs)
    effect(`woke ${ctx.job.id}`)
    return { answers: [await ctx.waitFor('go', { timeout: '1h' }), await ctx.waitFor('go', { timeout: '1h' })] }
  },
})

export const jobs: AnyJobDefinition[] = [patient, stubborn, blocking, poison, quick, human]

if (role === 'work') await work()
if (role === 'submit') await submit(Number(where))
if (role === 'serve') await answer()

async function work(): Promise<void> {
  const waybill = createWaybill({
    engine: url,
    jobs,
    lease,
    concurrency: 4,
    shutdownGrace: '200ms',
    logger: jsonLogger('error'),
  })
  await waybill.worker().start()
  process.once('SIGTERM', () => void waybill.close().then(() => process.exit()))
  process.send?.('ready') // from now on it may be told to go
}

// Says each id once it is acknowledged, and goes on until it is killed.
async function submit(most: number): Promise<void> {
  const waybill = createWaybill({ engine: url, jobs, logger: jsonLogger('error') })
  await Promise.all(
    Array.from({ length: 16 }, async (_, caller) => {
      for (let n = caller; n < most; n += 16) process.send?.({ acknowledged: (await waybill.enqueue(quick, { n })).id })
    }),
  )
  await waybill.close()
  process.disconnect?.()
}

async function answer(): Promise<void> {
  const waybill = createWaybill({ engine: url, jobs, logger: jsonLogger('error') })
  const served = await serve(waybill, { port: 0 })
  process.send?.({ url: served.url })
}
