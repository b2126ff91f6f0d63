// What is allowed but probably not meant: variables that look like ours and are none, secrets that can be guessed. One
// sentence each, told at start and by `waybill doctor`. Secrets are never repeated.
import { didYouMean } from '../lib/suggest.ts'
import { environmentOf, type Environment } from './environment.ts'
import type { AuthSettings } from './settings.ts'
import { variables } from './variables.ts'

const shortestKey = 20
const shortestSecret = 32

const known = new Set(
  Object.values(variables).flatMap(({ names, secret }) => (secret ? names.flatMap((n) => [n, `${n}_FILE`]) : names)),
)

/** Variables of the process or of `.env` that look like ours and are none. */
export function unknownVariables(env: Environment, cwd: string): string[] {
  return Object.keys(environmentOf(env, cwd))
    .filter((name) => /^WAYBILL_(?!TEST_)/.test(name) && !known.has(name))
    .map((name) => `${name} is set, but this version has no such setting.${didYouMean(name, known)}`)
}

/** Keys and secrets that are too short for what they guard. */
export function weakSecrets({ apiKeys, tokenSecret }: Pick<AuthSettings, 'apiKeys' | 'tokenSecret'>): string[] {
  const isWeakKey = apiKeys.some((key) => key.length < shortestKey)
  const isWeakSecret = tokenSecret !== null && Buffer.byteLength(tokenSecret) < shortestSecret
  return [
    ...(isWeakKey
      ? [`an operator key has fewer than ${shortestKey} characters; make one with \`openssl rand -hex 24\``]
      : []),
    ...(isWeakSecret
      ? [`WAYBILL_TOKEN_SECRET has fewer than ${shortestSecret} bytes; leave it out and one is made`]
      : []),
  ]
}
