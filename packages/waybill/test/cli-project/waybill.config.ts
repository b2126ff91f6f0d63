// The project that the tests of the command line work in.
import { defineJob, UserError, type WaybillOptions } from 'waybill'

const add = defineJob<{ a: number; b: number }, { sum: number }>({
  type: 'math.add',
  input: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => (isPair(value) ? { value } : { issues: [{ message: 'expected two numbers', path: ['a'] }] }),
    },
  },
  async run(ctx) {
    ctx.progress(0.5, 'Adding', { stage: 'ADDING' })
    ctx.log.info('adding', { a: ctx.input.a }, { audience: 'owner' })
    return { sum: ctx.input.a + ctx.input.b }
  },
})

const refuse = defineJob({
  type: 'math.refuse',
  run() {
    throw new UserError('odd', 'These numbers are odd.')
  },
})

/** Runs until it is told to stop. */
const endless = defineJob({
  type: 'math.endless',
  run: (ctx) => new Promise((_, stop) => ctx.signal.addEventListener('abort', () => stop(ctx.signal.reason))),
})

/** Waits to be told the sum. */
const ask = defineJob({ type: 'math.ask', run: (ctx) => ctx.waitFor('sum', { timeout: '1h' }) })

function isPair(value: unknown): value is { a: number; b: number } {
  return typeof value === 'object' && value !== null && 'a' in value && typeof value.a === 'number'
}

const options: WaybillOptions = { jobs: [add, refuse, endless, ask] }
export default options
