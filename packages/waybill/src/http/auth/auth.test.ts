// Who is let in, as whom, and for how long a credential is believed.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { aGate, refusal, request, scopesOf, type Gate } from './auth.fixture.ts'
import { createKey, listKeys, revokeKey } from './keys.ts'

let gate: Gate
beforeEach(async () => {
  gate = await aGate({ apiKeys: ['first-operator-key', 'second-operator-key'] })
})
afterEach(() => gate.engine.close())

const aKey = (scopes: string[], userId: string | null = 'ann') =>
  createKey(gate.engine, { name: 'test', userId, scopes, tier: 'paid' })

test('without any auth configured everybody is the operator, whatever they send', async () => {
  const open = gate.another({})
  expect(open.configured).toBe(false)
  expect(await open.principal(request(null))).toMatchObject({ operator: true, userId: null })
  expect(await open.principal(request('nonsense'))).toMatchObject({ operator: true })
})

describe('operator keys', () => {
  test('each configured key is the operator', async () => {
    expect(await gate.auth.principal(request('first-operator-key'))).toMatchObject({ operator: true })
    expect(await gate.auth.principal(request('second-operator-key'))).toMatchObject({ operator: true })
  })

  test.each([
    ['nothing', null],
    ['a wrong key', 'first-operator-kez'],
    ['the beginning of a key', 'first-operator'],
    ['an API key that never was', `wbk_${'a'.repeat(43)}`],
    ['a word of 9 KB', 'a'.repeat(9_000)],
    ['something like a JWT while none are configured', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.'],
  ])('%s is unauthenticated', async (_, credential) => {
    expect(await refusal(gate.auth, request(credential))).toBe('unauthenticated')
  })

  test('only the Bearer scheme counts, in any case', async () => {
    const ask = (authorization: string) => new Request('http://localhost/', { headers: { authorization } })
    expect(await refusal(gate.auth, ask('Basic first-operator-key'))).toBe('unauthenticated')
    expect(await refusal(gate.auth, ask('first-operator-key'))).toBe('unauthenticated')
    expect(await refusal(gate.auth, ask('bearer first-operator-key'))).toBe(null)
  })
})

describe('API keys', () => {
  test('a key speaks for its user, with its scopes and tier, and is no operator', async () => {
    const { key } = await aKey(['jobs:read', 'jobs:submit'])
    const principal = await gate.auth.principal(request(key))
    expect(principal).toMatchObject({ userId: 'ann', tier: 'paid', operator: false, name: 'key test' })
    expect(scopesOf(principal)).toEqual(['jobs:read', 'jobs:submit'])
  })

  test('the store holds the hash alone, and the list shows the last four characters', async () => {
    const { key, row } = await aKey(['jobs:read'])
    expect(key).toMatch(/^wbk_[\w-]{43}$/)
    expect(JSON.stringify(await gate.engine.docs('api_key'))).not.toContain(key.slice(4, 40))
    expect(await listKeys(gate.engine)).toEqual([row])
    expect(row).toMatchObject({ tail: key.slice(-4), userId: 'ann', scopes: ['jobs:read'] })
  })

  test('a known key costs no read of the store', async () => {
    const { key } = await aKey(['jobs:read'])
    await gate.auth.principal(request(key))
    const docs = vi.spyOn(gate.engine, 'docs')
    expect(gate.auth.principal(request(key))).not.toBeInstanceOf(Promise)
    expect(docs).not.toHaveBeenCalled()
  })

  test('a revoked key ends at once where it is not known yet, and after 5 s everywhere', async () => {
    const { key, row } = await aKey(['jobs:read'])
    await gate.auth.principal(request(key))
    expect(await revokeKey(gate.engine, row.id)).toBe(true)
    expect(await refusal(gate.another(), request(key))).toBe('unauthenticated')
    gate.advance(5_001)
    expect(await refusal(gate.auth, request(key))).toBe('unauthenticated')
    expect(await revokeKey(gate.engine, row.id)).toBe(false)
  })

  test('what is believed is bounded: ten thousand others push a credential out', async () => {
    const { key } = await aKey(['jobs:read'])
    await gate.auth.principal(request(key))
    for (let i = 0; i < 10_000; i++) {
      const { token } = await gate.auth.mint({ userId: `u${i}`, ttlMs: 60_000 })
      await gate.auth.principal(request(token))
    }
    expect(gate.auth.principal(request(key))).toBeInstanceOf(Promise)
  })

  test.each([
    [['jobs:raed'], 'Did you mean "jobs:read"?'],
    [['work:'], 'unknown scope'],
    [[], 'name at least one'],
  ])('a key with the scopes %j is not made', async (scopes, sentence) => {
    await expect(aKey(scopes)).rejects.toThrow(sentence)
    expect(await listKeys(gate.engine)).toEqual([])
  })

  test('a key about own jobs must say whose; one about everybody’s, or for work, need not', async () => {
    await expect(aKey(['jobs:read'], null)).rejects.toThrow("one's own jobs")
    await expect(aKey(['jobs:read:any', 'work:videos', 'metrics'], null)).resolves.toBeDefined()
  })
})

describe('?access_token=', () => {
  const path = (suffix: string, token: string) => `/api/v1/jobs/j1${suffix}?access_token=${token}`

  test('a view token is taken on event streams and artifact reads only', async () => {
    const { token } = await gate.auth.mint({ userId: 'ann', ttlMs: 60_000 })
    expect(await refusal(gate.auth, request(null, path('/events', token)))).toBe(null)
    expect(await refusal(gate.auth, request(null, `/api/v1/events?access_token=${token}`))).toBe(null)
    expect(await refusal(gate.auth, request(null, path('/artifacts/thumb.jpg', token)))).toBe(null)
    expect(await refusal(gate.auth, request(null, path('', token)))).toBe('unauthenticated')
    expect(await refusal(gate.auth, request(null, path('/result', token)))).toBe('unauthenticated')
    expect(await refusal(gate.auth, request(null, path('/events', token), 'POST'))).toBe('unauthenticated')
  })

  test('keys are not taken there: addresses end up in logs', async () => {
    const { key } = await aKey(['jobs:read'])
    expect(await refusal(gate.auth, request(null, path('/events', key)))).toBe('unauthenticated')
    expect(await refusal(gate.auth, request(null, path('/events', 'first-operator-key')))).toBe('unauthenticated')
  })

  test('a header, even a wrong one, counts before it', async () => {
    const { token } = await gate.auth.mint({ userId: 'ann', ttlMs: 60_000 })
    expect(await refusal(gate.auth, request('wrong', path('/events', token)))).toBe('unauthenticated')
  })
})
