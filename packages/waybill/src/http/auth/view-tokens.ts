// View tokens let a browser watch one owner's jobs, or only some of them, for at most an hour; some may also send signals. A format of its own
// (payload and HMAC-SHA256), so that none can ever pass for a user's JWT, nor the other way round.
import { createHmac } from 'node:crypto'
import { WaybillError } from '../../job/errors.ts'
import { equalInConstantTime } from '../../lib/ids.ts'
import { isObject } from '../../lib/json.ts'
import type { Principal } from '../access.ts'
import type { MintedToken, MintRequest } from '../server.ts'

const prefix = 'wbv1'
const longestMs = 3_600_000

export class ViewTokens {
  readonly #key: Buffer

  constructor(secret: string) {
    this.#key = createHmac('sha256', secret).update('waybill view token v1').digest()
  }

  mint({ userId, jobs, ttlMs, signal = false }: MintRequest, now: number): MintedToken {
    const expiresAt = now + Math.min(ttlMs, longestMs)
    const claims = { sub: userId, exp: expiresAt, ...(jobs ? { jobs } : {}), ...(signal ? { signal } : {}) }
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
    return { token: `${prefix}.${payload}.${this.#sign(payload)}`, expiresAt }
  }

  /** Throws `unauthenticated` for a token that was not made with this secret, `token_expired` for an old one. */
  principal(token: string, now: number): Principal {
    const [, payload = '', signature = '', ...more] = token.split('.')
    if (more.length > 0 || !equalInConstantTime(signature, this.#sign(payload))) throw invalid()
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    if (!isObject(claims)) throw invalid()
    const { sub, exp, jobs, signal } = claims
    if (typeof sub !== 'string' || typeof exp !== 'number') throw invalid()
    if (exp <= now) throw new WaybillError('token_expired', 'the view token has expired; ask for a new one')
    const ids = Array.isArray(jobs) ? jobs.filter((id) => typeof id === 'string') : null
    return {
      userId: sub,
      scopes: new Set(signal === true ? ['jobs:read', 'jobs:signal'] : ['jobs:read']),
      tier: null,
      operator: false,
      name: 'view token',
      ...(ids ? { jobs: new Set(ids) } : {}),
      expiresAt: exp,
    }
  }

  #sign(payload: string): string {
    return createHmac('sha256', this.#key).update(payload).digest('base64url')
  }
}

function invalid(): WaybillError {
  return new WaybillError('unauthenticated', 'the view token is not valid here; ask for a new one')
}

export function isViewToken(token: string): boolean {
  return token.startsWith(`${prefix}.`)
}
