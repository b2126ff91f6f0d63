// Jobs that behave and jobs that do not, for tests of isolation: loaded by the tests and, by themselves, by each child.
import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, existsSync } from 'node:fs'
import { isMainThread, threadId } from 'node:worker_threads'
import { defineJob, NonRetryableError, UserError, type JobDefinition } from '../../index.ts'

interface Where {
  /** What happened is written to the end of this file. */
  file: string
}
const wrote = (file: string, line: string) => appendFileSync(file, `${line}\n`)
const once = { attempts: 1 }
const forever = () => new Promise<never>(() => {})

export const where: JobDefinition<null, { pid: number; thread: number }> = defineJob({
  type: 'where',
  run: () => ({ pid: process.pid, thread: threadId }),
})

/** Uses all that a context has. */
export const talker: JobDefinition<{ name: string }, { greeting: string; approved: unknown }> = defineJob({
  type: 'talker',
  async run(ctx) {
    ctx.progress(0.25, 'Writing', { stage: 'WRITING', counts: { done: 1, total: 4 } })
    ctx.log.info('begun', { name: ctx.input.name }, { audience: 'owner' })
    const greeting = await ctx.step('greet', () => `Hello, ${ctx.input.name}`)
    await ctx.sleep('breath', '10ms')
    await ctx.sleep('rest', '1500ms')
    const approved = await ctx.waitFor('approved', { timeout: '1d' })
    ctx.progress(0.75)
    return { greeting, approved }
  },
})

/** Keeps its event loop to itself. */
export const endless: JobDefinition<Where> = defineJob({
  type: 'endless',
  timeout: '700ms',
  retry: once,
  run({ input }) {
    wrote(input.file, String(process.pid))
    for (;;);
  },
})

/** Starts a process that would outlive it, and waits for it in vain. */
export const parent: JobDefinition<Where> = defineJob({
  type: 'parent',
  timeout: '700ms',
  retry: once,
  async run({ input }) {
    const sleeper = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 60; done'])
    await new Promise((resolve) => sleeper.stdout.once('data', resolve))
    wrote(input.file, `${process.pid} ${sleeper.pid}`)
    await forever()
  },
})

/** Waits for ever, deaf to its signal. */
export const deaf: JobDefinition<Where> = defineJob({
  type: 'deaf',
  retry: once,
  async run({ input }) {
    wrote(input.file, String(process.pid))
    await forever()
  },
})

/** Hears that it should stop, says so, and goes on. */
export const lingering: JobDefinition<Where> = defineJob({
  type: 'lingering',
  async run({ input, signal }) {
    signal.addEventListener('abort', () => wrote(input.file, 'heard'))
    wrote(input.file, String(process.pid))
    await forever()
  },
})

/** Ends at once, and goes on all the same: says something and does a step when another job runs in its place. */
export const restless: JobDefinition<Where> = defineJob({
  type: 'restless',
  run(ctx) {
    const again = setInterval(() => {
      if (!existsSync(ctx.input.file)) return
      clearInterval(again)
      ctx.progress(0.9, 'still here')
      ctx.step('late', () => 1).catch(() => null)
      wrote(ctx.input.file, 'went on')
    }, 10)
  },
})

/** Keeps much memory, for good. */
export const greedy: JobDefinition<null, number> = defineJob({
  type: 'greedy',
  run() {
    Object.assign(globalThis, { kept: Buffer.alloc(130 << 20, 1) })
    return process.pid
  },
})

/** Stops when it is told to, and says why. */
export const obedient: JobDefinition<Where> = defineJob({
  type: 'obedient',
  timeout: '10m',
  softTimeout: '500ms',
  retry: once,
  async run({ input, signal, softSignal }) {
    softSignal.addEventListener('abort', () => wrote(input.file, `soft ${softSignal.reason}`))
    wrote(input.file, 'begun')
    await new Promise((_, stop) => signal.addEventListener('abort', () => stop(signal.reason)))
  },
})

/** Ends its process in the way it is told. */
export const deadly: JobDefinition<'abort' | 'exit' | 'memory' | 'buffers' | 'throw'> = defineJob({
  type: 'deadly',
  retry: { backoff: '10ms', jitter: 0 },
  async run({ input }) {
    if (isMainThread) closeSync(2) // what the runtime says of its end is of no interest here
    if (input === 'abort') process.abort()
    if (input === 'exit') process.exit(7)
    if (input === 'throw') {
      setImmediate(() => {
        throw new Error('thrown outside of the handler')
      })
      await forever()
    }
    const kept: unknown[] = []
    for (;;) {
      kept.push(input === 'memory' ? Array(1_000_000).fill(kept.length) : Buffer.alloc(16 << 20, 1))
      if (input === 'buffers') await new Promise((resolve) => setTimeout(resolve, 20))
    }
  },
})

/** Throws. */
export const thrower: JobDefinition<'user' | 'final' | 'plain' | 'text' | 'circle'> = defineJob({
  type: 'thrower',
  retry: once,
  run({ input }) {
    if (input === 'user') throw new UserError('no_pages', 'The PDF has no pages.')
    if (input === 'final') throw new NonRetryableError('never again')
    if (input === 'plain') throw new RangeError('too far', { cause: new Error('the cause') })
    // oxlint-disable-next-line typescript/only-throw-error -- handlers may be plain JavaScript
    if (input === 'text') throw 'a text'
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    return circle
  },
})

/** Says nothing after its first word. */
export const silent: JobDefinition<Where> = defineJob({
  type: 'silent',
  stallTimeout: '600ms',
  retry: once,
  async run(ctx) {
    ctx.progress(0.5)
    wrote(ctx.input.file, String(process.pid))
    await forever()
  },
})
