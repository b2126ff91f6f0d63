// View tokens: what they open, how long, and every way to forge one.
import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as ids from '../../lib/ids.ts'
import { aGate, refusal, request, scopesOf, type Gate } from './auth.fixture.ts'
import { authorize } from './authorize.ts'

vi.mock('../../lib/ids.ts', { spy: true })

const jwtSecret = 'a shared secret of more than 32 characters'
let gate: Gate
beforeEach(async () => {
  gate = await aGate({ apiKeys: ['operator-key'], tokenSecret: 'token secret' })
})
afterEach(() => gate.engine.close())

const mint = async (jobs?: string[], ttlMs = 60_000) =>
  (await gate.auth.mint({ userId: 'ann', ttlMs, ...(jobs ? { jobs } : {}) })).token
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

test("a view token reads its user's jobs and does nothing else", async () => {
  const principal = await gate.auth.principal(request(await mint()))
  expect(principal).toMatchObject({ userId: 'ann', operator: false, tier: null })
  expect(scopesOf(principal)).toEqual(['jobs:read'])
  expect(authorize({ id: 'j1', userId: 'ann' }, principal, 'read')).toBe(true)
  expect(authorize({ id: 'j1', userId: 'ann' }, principal, 'control')).toBe(false)
  expect(authorize({ id: 'j1', userId: 'bob' }, principal, 'read')).toBe(false)
})

test('a view token for some jobs reads these alone, and only while they are its user’s', async () => {
  const principal = await gate.auth.principal(request(await mint(['j1', 'j2'])))
  expect(authorize({ id: 'j1', userId: 'ann' }, principal, 'read')).toBe(true)
  expect(authorize({ id: 'j3', userId: 'ann' }, principal, 'read')).toBe(false)
  expect(authorize({ id: 'j2', userId: 'bob' }, principal, 'read')).toBe(false)
})

test('it ends at its time to the millisecond, known or not', async () => {
  const token = await mint(undefined, 2_000)
  await gate.auth.principal(request(token))
  gate.advance(2_001)
  expect(await refusal(gate.auth, request(token))).toBe('token_expired')
})

test('it lives an hour at most, whatever was asked', async () => {
  const { token, expiresAt } = await gate.auth.mint({ userId: 'ann', ttlMs: 7_200_000 })
  expect(expiresAt - gate.engine.now()).toBeLessThanOrEqual(3_600_000)
  gate.advance(3_600_001)
  expect(await refusal(gate.auth, request(token))).toBe('token_expired')
})

test('all processes on a store agree on the secret that it keeps when none is configured', async () => {
  const keys = { apiKeys: ['operator-key'] }
  const { token } = await gate.another(keys).mint({ userId: 'ann', ttlMs: 60_000 })
  expect(await refusal(gate.another(keys), request(token))).toBe(null)
})

describe('forged', () => {
  test('with any character of it changed, it is refused', async () => {
    const token = await mint(['j1'])
    for (let i = 'wbv1.'.length; i < token.length; i++) {
      const changed = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`
      // The last character of a base64url text may carry bits that nothing reads; the text is compared, so it counts too.
      expect(await refusal(gate.auth, request(changed))).toBe('unauthenticated')
    }
  })

  test.each([
    ['another user under the old signature', (t: string[]) => ['wbv1', base64({ sub: 'bob', exp: 9e15 }), t[2] ?? '']],
    ['no signature', (t: string[]) => ['wbv1', t[1] ?? '', '']],
    ['no signature part', (t: string[]) => ['wbv1', t[1] ?? '']],
    ['something appended', (t: string[]) => [...t, 'more']],
    ['another prefix', (t: string[]) => ['wbv2', t[1] ?? '', t[2] ?? '']],
    ['nothing at all', () => ['wbv1', '', '']],
  ])('with %s, it is refused', async (_, forge) => {
    const forged = forge((await mint()).split('.')).join('.')
    expect(await refusal(gate.auth, request(forged))).toBe('unauthenticated')
  })

  test('with a signature made by another secret, or by the bare one, it is refused', async () => {
    const other = await gate.another({ apiKeys: ['k'], tokenSecret: 'other' }).mint({ userId: 'ann', ttlMs: 60_000 })
    expect(await refusal(gate.auth, request(other.token))).toBe('unauthenticated')
    const payload = base64({ sub: 'ann', exp: 9e15 })
    const bare = createHmac('sha256', 'token secret').update(payload).digest('base64url')
    expect(await refusal(gate.auth, request(`wbv1.${payload}.${bare}`))).toBe('unauthenticated')
  })

  test('it never passes for a JWT, not even with one secret for both', async () => {
    const both = gate.another({
      tokenSecret: jwtSecret,
      jwt: { secret: jwtSecret, jwksUrl: null, issuer: null, audience: null },
    })
    const { token } = await both.mint({ userId: 'ann', ttlMs: 60_000 })
    const [, payload = '', signature = ''] = token.split('.')
    const header = base64({ alg: 'HS256' })
    expect(await refusal(both, request(`${header}.${payload}.${signature}`))).toBe('unauthenticated')
  })
})

test('signatures are compared in constant time', async () => {
  const compare = vi.mocked(ids.equalInConstantTime)
  const token = await mint()
  compare.mockClear()
  await gate.auth.principal(request(token))
  expect(compare).toHaveBeenCalledExactlyOnceWith(token.split('.')[2], token.split('.')[2])
})
