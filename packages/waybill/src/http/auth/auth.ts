// Who is calling: operator keys, stored API keys, users' JWTs, view tokens; or, with none of them configured, the operator.
import type { Settings } from '../../config/settings.ts'
import type { Engine } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { sha256 } from '../../lib/ids.ts'
import type { Owned, Principal, Verb } from '../access.ts'
import type { AuthFace, MintedToken, MintRequest } from '../server.ts'
import { authorize } from './authorize.ts'
import { Jwt } from './jwt.ts'
import { principalOfKey } from './keys.ts'
import { tokenSecret } from '../../foreign/token-secret.ts'
import { isViewToken, ViewTokens } from './view-tokens.ts'

const everyone: Principal = {
  userId: null,
  scopes: new Set(),
  tier: null,
  operator: true,
  name: 'operator (no auth configured)',
}
const operator: Principal = { userId: null, scopes: new Set(), tier: null, operator: true, name: 'operator key' }

/** A checked credential is believed for so long: a revoked key works at most this much longer. */
const believedMs = 5_000
const believedMost = 10_000

export class Auth implements AuthFace {
  readonly configured: boolean
  readonly #engine: Engine
  readonly #operatorKeys: ReadonlySet<string>
  readonly #jwt: Jwt | null
  readonly #tokenSecret: string | null
  // By the credential itself: a hot read costs one look-up. Only what has been checked gets in.
  readonly #believed = new Map<string, { principal: Principal; until: number }>()
  #viewTokens: Promise<ViewTokens> | null = null

  constructor(engine: Engine, { auth }: Pick<Settings, 'auth'>) {
    this.#engine = engine
    this.configured = auth.apiKeys.length > 0 || auth.jwt !== null
    // Looked up by hash, so that the time of the look-up tells nothing about the key.
    this.#operatorKeys = new Set(auth.apiKeys.map((key) => sha256(key)))
    this.#jwt = auth.jwt ? new Jwt(auth.jwt) : null
    this.#tokenSecret = auth.tokenSecret
  }

  principal(request: Request): Principal | Promise<Principal> {
    if (!this.configured) return everyone
    const credential = credentialOf(request)
    const known = this.#believed.get(credential)
    if (known && known.until > this.#engine.now()) return known.principal
    return this.#check(credential)
  }

  authorize(job: Owned, principal: Principal, verb: Verb): boolean {
    return authorize(job, principal, verb)
  }

  async mint(request: MintRequest): Promise<MintedToken> {
    return (await this.#tokens()).mint(request, this.#engine.now())
  }

  async #check(credential: string): Promise<Principal> {
    const principal = await this.#principalOf(credential)
    const until = Math.min(this.#engine.now() + believedMs, principal.expiresAt ?? Number.POSITIVE_INFINITY)
    this.#believed.delete(credential) // to the young end
    this.#believed.set(credential, { principal, until })
    if (this.#believed.size > believedMost) this.#forgetOldest()
    return principal
  }

  #forgetOldest(): void {
    for (const credential of this.#believed.keys()) return void this.#believed.delete(credential)
  }

  async #principalOf(credential: string): Promise<Principal> {
    if (this.#operatorKeys.has(sha256(credential))) return operator
    if (isViewToken(credential)) return (await this.#tokens()).principal(credential, this.#engine.now())
    if (credential.startsWith('wbk_')) {
      const principal = await principalOfKey(this.#engine, credential)
      if (principal) return principal
    } else if (this.#jwt) return this.#jwt.principal(credential, this.#engine.now())
    throw new WaybillError(
      'unauthenticated',
      'this key or token is not known here; check it, or ask an operator for a new one',
    )
  }

  // The secret is configured, or made once and kept in the store, so that all processes on it agree.
  #tokens(): Promise<ViewTokens> {
    this.#viewTokens ??= tokenSecret(this.#engine, this.#tokenSecret).then((secret) => new ViewTokens(secret))
    this.#viewTokens.catch(() => (this.#viewTokens = null))
    return this.#viewTokens
  }
}

const longestCredential = 8_192

/** The Bearer credential, or `?access_token=` where a browser can send no header: event streams and artifact reads. */
function credentialOf(request: Request): string {
  const header = request.headers.get('authorization')
  const credential = header === null ? queryToken(request) : (/^Bearer +(\S+)$/i.exec(header)?.[1] ?? null)
  if (credential === null || credential.length > longestCredential) {
    throw new WaybillError('unauthenticated', 'send an API key or token as `Authorization: Bearer …`')
  }
  return credential
}

function queryToken(request: Request): string | null {
  if (request.method !== 'GET' || !request.url.includes('access_token=')) return null
  const { pathname, searchParams } = new URL(request.url)
  const token = /\/events$|\/artifacts\/[^/]+$/.test(pathname) ? searchParams.get('access_token') : null
  return token !== null && isViewToken(token) ? token : null
}
