// The secret behind view tokens and leases: from the settings, or made once and kept in the store, so that all processes
// of one store know it and a restart does not change it.
import type { ReadEngine, WriteEngine } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'
import { newSecret } from '../lib/ids.ts'

/** The kind of document that keeps it. */
export const secretKind = 'secret'
// Named when view tokens were all there was; renaming it would end every token at an upgrade.
const secretKey = 'view_tokens'

export async function tokenSecret(engine: ReadEngine & WriteEngine, configured: string | null): Promise<string> {
  if (configured) return configured
  await engine.putDoc(secretKind, secretKey, { secret: newSecret(32) }, 0)
  const [doc] = await engine.docs(secretKind, secretKey)
  const secret = doc?.body['secret']
  if (typeof secret === 'string') return secret
  throw new WaybillError('internal', 'the secret of tokens in the store cannot be read; set WAYBILL_TOKEN_SECRET')
}
