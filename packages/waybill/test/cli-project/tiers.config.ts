// A project whose users have limits.
import { defineJob, type WaybillOptions } from 'waybill'

const options: WaybillOptions = {
  jobs: [defineJob({ type: 'plain', run: () => null })],
  tiers: { free: { perDay: 1 }, paid: {} },
  apiKeys: ['operator-key'],
}
export default options
