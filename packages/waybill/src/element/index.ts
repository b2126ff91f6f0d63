// The entry of `waybill/element`: importing it defines <waybill-progress>, once a page.
import { defineProgress } from './define.ts'

export { WaybillClient } from '../client/index.ts'
export type { WaybillProgress, WaybillProgressDetail } from './progress.ts'

defineProgress()
