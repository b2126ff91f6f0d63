// How every process of a measurement opens its store: at the defaults.
import type { WaybillOptions } from 'waybill'
import { noop } from '../place.ts'
import type { StoreUrls } from './stores.ts'

export function waybillOn({ engine, accelerator }: StoreUrls): WaybillOptions {
  return { engine, ...(accelerator === null ? {} : { accelerator }), jobs: [noop], logLevel: 'error' }
}
