// Idempotency keys as engines keep them: whose key it is, and a hash of what was asked for, so that another request under
// the same key is noticed.
import type { NewJob } from '../engine/engine.ts'
import { idempotencyMs } from '../job/policy.ts'
import { sha256 } from '../lib/ids.ts'
import { canonicalJson, type Json } from '../lib/json.ts'
import type { SubmitRequest } from './request.ts'

// A scope and a key that join to the same text as another pair must still differ.
export function keyOf(
  { scope, key, keepMs = idempotencyMs }: NonNullable<SubmitRequest['idempotency']>,
  request: SubmitRequest,
  inputJson: string,
): NewJob['idempotency'] {
  return { key: JSON.stringify([scope, key]), hash: contentHash(request, inputJson), keepMs }
}

// Whatever makes two requests different; ids that the server makes are not part of it.
function contentHash(r: SubmitRequest, inputJson: string): string {
  const { input: _, idempotency: __, traceparent: ___, batchId: ____, tier: _____, metadata, ...rest } = r
  const { retry, unique, reuseResult, debounce, ...plain } = rest
  const nested = { retry: { ...retry }, unique: { ...unique }, reuse: { ...reuseResult }, debounce: { ...debounce } }
  const said: Record<string, Json> = { ...nested, metadata: metadata ?? null, input: inputJson }
  for (const [key, value] of Object.entries(plain)) if (value !== undefined) said[key] = value
  return sha256(canonicalJson(said))
}
