// A program with an isolated worker, for tests that kill it: `node program.fixture.ts ENGINE-URL`. It says `ready`.
import { createWaybill } from '../../index.ts'
import { jsonLogger } from '../../lib/log.ts'
import { module } from './isolation.fixture.ts'
import * as jobs from './jobs.fixture.ts'

const waybill = createWaybill({
  engine: process.argv[2] ?? '',
  jobs: Object.values(jobs),
  lease: '1s',
  logger: jsonLogger('error'),
})
await waybill.worker({ isolate: 'process', module }).start()
process.send?.('ready')
