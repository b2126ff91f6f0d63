// A worker process of the crash test: `STORE DOCUMENTS WORK`. Tells over IPC when it is ready.
import { createWaybill } from 'waybill'
import { conversionJob } from '../src/job.ts'

const [store = '', documents = '', workRoot = ''] = process.argv.slice(2)
const jobs = [conversionJob({ documents, workRoot })]
const waybill = createWaybill({ engine: `sqlite:${store}`, jobs, lease: '3s', logLevel: 'error' })
await waybill.worker({ concurrency: 1 }).start()
process.send?.('ready')
