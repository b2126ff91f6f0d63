// Faults that are not the sender's: they go to the log, and the sender is told no more than this.
import { WaybillError } from 'waybill'

export const faultText = 'The service has a problem. Try again in a moment.'

/** Logs the fault. 503 where Waybill says that it takes no jobs just now. */
export function logged(error: Error): 500 | 503 {
  const isKnown = error instanceof WaybillError
  console.error(isKnown ? error.message : error)
  return isKnown ? 503 : 500
}
