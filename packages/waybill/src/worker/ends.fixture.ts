// A program that runs one job, stops and closes. It must then end by itself: nothing may hold the process.
import { createWaybill, defineJob } from '../index.ts'
import { jsonLogger } from '../lib/log.ts'

const quick = defineJob({ type: 'quick', run: (ctx) => ctx.job.attempt })
const waybill = createWaybill({ engine: process.argv[2] ?? '', jobs: [quick], logger: jsonLogger('error') })
const worker = waybill.worker()
await worker.start()
const result = await waybill.result(await waybill.enqueue(quick, null))
await worker.stop()
await waybill.close()
process.stdout.write(`done ${result}\n`)
