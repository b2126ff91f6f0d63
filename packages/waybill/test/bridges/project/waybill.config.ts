// A project with bridges, for tests of the command.
import { defineJob, type WaybillOptions } from 'waybill'
import { statusHash, statusJson, statusLegacy } from 'waybill/bridges'

const config: WaybillOptions = {
  jobs: [defineJob({ type: 'note' })],
  bridges: [statusHash(), statusJson(), statusLegacy()],
}

export default config
