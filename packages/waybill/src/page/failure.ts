// What it means that a watch has failed: nothing more can be known of the job, or the caller is refused.
import { WaybillClientError } from '../client/index.ts'
import { networkError, refusesCaller } from '../client/errors.ts'
import type { Connection } from './snapshot.ts'

export function failureOf(thrown: unknown): { connection: Connection; error: WaybillClientError } {
  const error = thrown instanceof WaybillClientError ? thrown : networkError('watching failed', thrown)
  return { connection: refusesCaller(error) ? 'unauthorized' : 'idle', error }
}
