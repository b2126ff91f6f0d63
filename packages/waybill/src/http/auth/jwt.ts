// Users' JWTs, checked by `jose`: HS256 with a shared secret, or RS256, ES256 and EdDSA with the keys of a JWKS. The
// algorithm is never the token's to choose.
import type * as Jose from 'jose'
import type { JWTPayload, JWTVerifyOptions } from 'jose'
import type { JwtSettings } from '../../config/settings.ts'
import { WaybillError } from '../../job/errors.ts'
import { errorText } from '../../lib/error-text.ts'
import type { Principal } from '../access.ts'

type Check = (token: string, now: Date) => Promise<JWTPayload>

export class Jwt {
  readonly #settings: JwtSettings
  #check: Promise<Check> | null = null

  constructor(settings: JwtSettings) {
    this.#settings = settings
  }

  /** Throws `token_expired` or `unauthenticated`. */
  async principal(token: string, now: number): Promise<Principal> {
    const check = await (this.#check ??= makeCheck(this.#settings))
    try {
      return principalOf(await check(token, new Date(now)))
    } catch (error) {
      throw refusal(error)
    }
  }
}

async function makeCheck({ secret, jwksUrl, issuer, audience }: JwtSettings): Promise<Check> {
  const jose = await loadJose()
  const common: JWTVerifyOptions = {
    requiredClaims: ['exp', 'sub'],
    clockTolerance: 5,
    ...(issuer ? { issuer } : {}),
    ...(audience ? { audience } : {}),
  }
  if (secret) {
    const key = new TextEncoder().encode(secret)
    return async (token, currentDate) =>
      (await jose.jwtVerify(token, key, { ...common, currentDate, algorithms: ['HS256'] })).payload
  }
  const keys = jose.createRemoteJWKSet(new URL(jwksUrl ?? ''), { timeoutDuration: 5_000 })
  return async (token, currentDate) =>
    (await jose.jwtVerify(token, keys, { ...common, currentDate, algorithms: ['RS256', 'ES256', 'EdDSA'] })).payload
}

async function loadJose(): Promise<typeof Jose> {
  try {
    return await import('jose')
  } catch (cause) {
    throw new WaybillError(
      'internal',
      'JWTs are configured, but the package "jose" is not installed; run `npm install jose`',
      { cause },
    )
  }
}

function principalOf(claims: JWTPayload): Principal {
  const { sub, exp, scope, tier } = claims
  if (typeof sub !== 'string' || sub === '') throw new WaybillError('unauthenticated', 'the token names nobody (`sub`)')
  return {
    userId: sub,
    scopes: new Set(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []),
    tier: typeof tier === 'string' ? tier : null,
    operator: false,
    name: `user ${sub}`,
    ...(exp === undefined ? {} : { expiresAt: exp * 1_000 }),
  }
}

// What goes wrong on the way to the JWKS or inside it is not the caller's fault.
const keysFaults = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'])

function refusal(error: unknown): unknown {
  if (error instanceof WaybillError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ERR_JWT_EXPIRED')
    return new WaybillError('token_expired', 'the token has expired; sign in again', { cause: error })
  if (!/^ERR_(JW|JOSE)/.test(code) || keysFaults.has(code)) {
    return new WaybillError('engine_unavailable', 'the keys that tokens are checked with cannot be fetched', {
      cause: error,
      retryAfter: 2,
    })
  }
  return new WaybillError('unauthenticated', `the token is not valid here: ${errorText(error)}`, { cause: error })
}
