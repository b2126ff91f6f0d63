// Users' JWTs: the good ones, and every way in which one can be wrong.
import { createServer, type Server } from 'node:http'
import { createHmac } from 'node:crypto'
import * as jose from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JwtSettings } from '../../config/settings.ts'
import { aGate, refusal, request, scopesOf, type Gate } from './auth.fixture.ts'
import type { Auth } from './auth.ts'

const secret = 'a shared secret of more than 32 characters'
const algorithms = ['RS256', 'ES256', 'EdDSA'] as const
const pairs = new Map<string, jose.GenerateKeyPairResult>()
let jwks: jose.JSONWebKeySet = { keys: [] }
let server: Server
let url = ''
let answer = 200

let gate: Gate
const settings = (more: Partial<JwtSettings>) => ({
  jwt: { secret: null, jwksUrl: null, issuer: null, audience: null, ...more },
})
const bySecret = (more: Partial<JwtSettings> = {}): Auth => gate.another(settings({ secret, ...more }))
const byKeys = (more: Partial<JwtSettings> = {}): Auth => gate.another(settings({ jwksUrl: url, ...more }))

beforeAll(async () => {
  for (const alg of algorithms) pairs.set(alg, await jose.generateKeyPair(alg, { extractable: true }))
  jwks = { keys: await Promise.all([...pairs].map(async ([alg, { publicKey }]) => publicJwk(alg, publicKey))) }
  server = createServer((_, response) => response.writeHead(answer).end(JSON.stringify(jwks)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/jwks`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(async () => {
  answer = 200
  gate = await aGate({})
})
afterEach(() => gate.engine.close())

async function publicJwk(alg: string, key: jose.CryptoKey): Promise<jose.JWK> {
  return { ...(await jose.exportJWK(key)), kid: `key-${alg}`, alg, use: 'sig' }
}

interface Made {
  alg?: string
  kid?: string
  claims?: Record<string, unknown>
  expires?: number | null
  key?: jose.CryptoKey | Uint8Array
}

async function made({ alg = 'HS256', kid, claims = {}, expires = 60, key }: Made = {}): Promise<string> {
  const now = Math.floor(gate.engine.now() / 1_000)
  const token = new jose.SignJWT({ sub: 'ann', scope: 'jobs:read jobs:submit', tier: 'free', ...claims })
  token.setProtectedHeader({ alg, ...(kid ? { kid } : {}) }).setIssuedAt(now)
  if (expires !== null) token.setExpirationTime(now + expires)
  return token.sign(key ?? pairs.get(alg)?.privateKey ?? new TextEncoder().encode(secret))
}

describe('taken', () => {
  test('sub is the user, scope the scopes, tier the tier; exp is kept for streams', async () => {
    const principal = await bySecret().principal(request(await made()))
    expect(principal).toMatchObject({ userId: 'ann', tier: 'free', operator: false })
    expect(scopesOf(principal)).toEqual(['jobs:read', 'jobs:submit'])
    expect(principal.expiresAt).toBeGreaterThan(gate.engine.now())
  })

  test.each(algorithms)('%s with a key of the JWKS', async (alg) => {
    expect(await refusal(byKeys(), request(await made({ alg, kid: `key-${alg}` })))).toBe(null)
  })

  test('the issuer and the audience that are asked for', async () => {
    const auth = bySecret({ issuer: 'https://id.example.org', audience: 'waybill' })
    const claims = { iss: 'https://id.example.org', aud: ['other', 'waybill'] }
    expect(await refusal(auth, request(await made({ claims })))).toBe(null)
  })

  test('a token without scopes may do nothing, but is somebody', async () => {
    const principal = await bySecret().principal(request(await made({ claims: { scope: undefined, tier: 7 } })))
    expect(principal).toMatchObject({ userId: 'ann', tier: null })
    expect(scopesOf(principal)).toEqual([])
  })
})

describe('refused', () => {
  test.each<[string, string, Made]>([
    ['expired', 'token_expired', { expires: -60 }],
    ['without exp', 'unauthenticated', { expires: null }],
    ['without sub', 'unauthenticated', { claims: { sub: undefined } }],
    ['with an empty sub', 'unauthenticated', { claims: { sub: '' } }],
    ['not valid yet', 'unauthenticated', { claims: { nbf: 9_999_999_999 } }],
    ['signed with another secret', 'unauthenticated', { key: new TextEncoder().encode('x'.repeat(40)) }],
    ['HS512 instead of HS256', 'unauthenticated', { alg: 'HS512' }],
    ['RS256 although a shared secret is configured', 'unauthenticated', { alg: 'RS256' }],
  ])('%s: %s', async (_, code, how) => {
    expect(await refusal(bySecret(), request(await made(how)))).toBe(code)
  })

  test('an expired token is refused although it was believed a moment ago', async () => {
    const auth = bySecret()
    const token = await made({ expires: 2 })
    expect(await refusal(auth, request(token))).toBe(null)
    gate.advance(10_000)
    expect(await refusal(auth, request(token))).toBe('token_expired')
  })

  test.each([{ aud: 'other' }, { iss: 'https://evil.example' }, {}])('wrong audience or issuer: %j', async (claims) => {
    const auth = bySecret({ issuer: 'https://id.example.org', audience: 'waybill' })
    const whole = { iss: 'https://id.example.org', aud: 'waybill', ...claims }
    const token = await made({ claims: Object.keys(claims).length === 0 ? {} : whole })
    expect(await refusal(auth, request(token))).toBe('unauthenticated')
  })

  test('alg none, in any writing', async () => {
    for (const alg of ['none', 'None', 'NONE']) {
      const [, payload] = (await made()).split('.')
      const head = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      expect(await refusal(bySecret(), request(`${head}.${payload}.`))).toBe('unauthenticated')
      expect(await refusal(byKeys(), request(`${head}.${payload}.`))).toBe('unauthenticated')
    }
  })

  test('HS256 made with a public key of the JWKS as the secret (algorithm confusion)', async () => {
    const pair = pairs.get('RS256')
    const pem = await jose.exportSPKI(pair!.publicKey)
    const [, payload] = (await made()).split('.')
    const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'key-RS256' })).toString('base64url')
    const signature = createHmac('sha256', pem).update(`${head}.${payload}`).digest('base64url')
    expect(await refusal(byKeys(), request(`${head}.${payload}.${signature}`))).toBe('unauthenticated')
  })

  test('a key that is not in the JWKS, under a new name or a known one', async () => {
    const { privateKey } = await jose.generateKeyPair('ES256')
    for (const kid of ['key-new', 'key-ES256'])
      expect(await refusal(byKeys(), request(await made({ alg: 'ES256', kid, key: privateKey })))).toBe(
        'unauthenticated',
      )
  })

  test('a key carried by the token itself', async () => {
    const { privateKey, publicKey } = await jose.generateKeyPair('ES256', { extractable: true })
    const token = await new jose.SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'ES256', jwk: await jose.exportJWK(publicKey) })
      .setExpirationTime('1h')
      .sign(privateKey)
    expect(await refusal(byKeys(), request(token))).toBe('unauthenticated')
  })

  test('a token whose payload was changed after it was signed', async () => {
    const [head, , signature] = (await made()).split('.')
    const payload = Buffer.from(JSON.stringify({ sub: 'bob', exp: 9_999_999_999 })).toString('base64url')
    expect(await refusal(bySecret(), request(`${head}.${payload}.${signature}`))).toBe('unauthenticated')
  })

  test.each(['nonsense', 'a.b.c', '..', `${'e'.repeat(20)}.${'y'.repeat(20)}`])('%s', async (word) => {
    expect(await refusal(bySecret(), request(word))).toBe('unauthenticated')
  })

  test('one of more than 8 KB, however valid', async () => {
    const token = await made({ claims: { padding: 'x'.repeat(8_000) } })
    expect(await refusal(bySecret(), request(token))).toBe('unauthenticated')
  })

  test('in an address: ?access_token= takes view tokens only', async () => {
    expect(await refusal(bySecret(), request(null, `/api/v1/events?access_token=${await made()}`))).toBe(
      'unauthenticated',
    )
  })
})

test('when the JWKS cannot be had, that is 503 and not the fault of the token', async () => {
  const token = await made({ alg: 'ES256', kid: 'key-ES256' })
  answer = 500
  expect(await refusal(byKeys(), request(token))).toBe('engine_unavailable')
  const nowhere = gate.another(settings({ jwksUrl: 'http://127.0.0.1:9/jwks' }))
  expect(await refusal(nowhere, request(token))).toBe('engine_unavailable')
})
