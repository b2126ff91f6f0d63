// `jose` is an optional peer: without it nothing but JWTs is missed, and these say what to install.
import { expect, test, vi } from 'vitest'
import { aGate, refusal, request } from './auth.fixture.ts'

vi.mock('jose', () => {
  throw new Error("Cannot find package 'jose'")
})

test('without jose keys work, and a JWT is answered with what to install', async () => {
  const jwt = { secret: 'a shared secret of more than 32 characters', jwksUrl: null, issuer: null, audience: null }
  const { auth, engine } = await aGate({ apiKeys: ['operator-key'], jwt })
  expect(await refusal(auth, request('operator-key'))).toBe(null)
  await expect(auth.principal(request('eyJ.eyJ.sig'))).rejects.toThrow('run `npm install jose`')
  await engine.close()
})
