// For the command line: `npx waybill dev --config examples/conversion/waybill.config.ts` serves and runs conversions of
// the documents in CONVERSION_DOCUMENTS (default: the sample's folder) with books in CONVERSION_WORK.

import { fileURLToPath } from 'node:url'
import type { WaybillOptions } from 'waybill'
import { conversionJob } from './src/job.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const config: WaybillOptions = {
  jobs: [
    conversionJob({
      documents: process.env['CONVERSION_DOCUMENTS'] ?? here('./sample'),
      workRoot: process.env['CONVERSION_WORK'] ?? here('./demo'),
    }),
  ],
}

export default config
