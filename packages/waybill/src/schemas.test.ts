// Any Standard Schema fits `defineJob`, and types follow from it.
import { type } from 'arktype'
import { afterEach, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createWaybill, defineJob, type AnyJobDefinition, type Waybill } from './index.ts'
import { silentLogger } from './lib/log.ts'

let open: Waybill | null = null
afterEach(async () => open?.close())

function waybill(...jobs: AnyJobDefinition[]): Waybill {
  open = createWaybill({ engine: 'sqlite::memory:', jobs, logger: silentLogger })
  return open
}

test('a zod schema checks and shapes the input, and types the handler', async () => {
  const job = defineJob({
    type: 'zod',
    input: z.object({ n: z.coerce.number().int(), unit: z.string().default('px') }),
    output: z.object({ text: z.string() }),
    run(ctx) {
      expectTypeOf(ctx.input).toEqualTypeOf<{ n: number; unit: string }>()
      return { text: `${ctx.input.n} ${ctx.input.unit}` }
    },
  })
  const here = waybill(job)
  await here.worker().start()
  const { id } = await here.enqueue(job, { n: 4, unit: 'em' })
  expect(await here.result<{ text: string }>({ id })).toEqual({ text: '4 em' })
})

test('an ArkType schema does too, and says where the input is wrong', async () => {
  const job = defineJob({
    type: 'ark',
    input: type({ size: { width: 'number > 0' } }),
    run: (ctx) => ctx.input.size.width,
  })
  const here = waybill(job)
  await expect(here.enqueue(job, { size: { width: -1 } })).rejects.toMatchObject({
    code: 'invalid_input',
    errors: [{ pointer: '/input/size/width' }],
  })
  expect(await (await here.parts()).engine.count({})).toMatchObject({ pending: 0 })
})

test('a job without a schema takes any JSON', async () => {
  const job = defineJob<string[], number>({ type: 'plain', run: (ctx) => ctx.input.length })
  const here = waybill(job)
  await here.worker().start()
  const made = await here.enqueue(job, ['a', 'b'])
  expectTypeOf(await here.result(made)).toEqualTypeOf<number>()
})
