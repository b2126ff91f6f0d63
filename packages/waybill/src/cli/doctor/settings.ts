// What doctor says of the configuration. Secrets are counted, never shown.
import { weakSecrets } from '../../config/doubts.ts'
import type { Settings } from '../../config/settings.ts'
import { isLoopback } from '../../http/guard.ts'
import { spokenDuration } from '../../lib/duration.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

export function settingsLine(settings: Settings): Finding {
  const { host, port, queues, concurrency, leaseMs, shutdownGraceMs, maxPending } = settings
  const words = [
    `listens on ${host}:${port}`,
    `${concurrency} jobs at once of ${queues.join(', ') || 'all queues'}`,
    `lease ${spokenDuration(leaseMs)}`,
    `grace ${spokenDuration(shutdownGraceMs)}`,
    `at most ${maxPending} waiting`,
  ]
  return ok('settings', words.join(', '))
}

export function authFindings({ auth, host }: Settings): Finding[] {
  const { apiKeys, jwt } = auth
  const ways = [
    apiKeys.length > 0 ? `operator keys: ${apiKeys.length}` : '',
    jwt ? `JWT by ${jwt.secret ? 'a shared secret' : jwt.jwksUrl}` : '',
  ]
  const said = ways.filter(Boolean).join(', ')
  return [
    said === '' ? noAuth(host) : ok('auth', said),
    ...weakSecrets(auth).map((text) => warn('auth', text)),
    ...(jwt && jwt.audience === null
      ? [warn('auth', 'tokens are taken whatever audience they are for; set WAYBILL_JWT_AUDIENCE')]
      : []),
  ]
}

function noAuth(host: string): Finding {
  const cure = 'set WAYBILL_API_KEYS (or WAYBILL_JWT_SECRET) before others are to reach it'
  return isLoopback(host)
    ? warn('auth', `none: everybody on this machine is the operator; ${cure}`)
    : fail('auth', `none, so \`serve\` refuses to listen on ${host}; ${cure}`)
}

/** Can tokens be checked at all: the library is there, and the keys can be fetched. */
export async function jwtFindings({ auth: { jwt } }: Settings): Promise<Finding[]> {
  if (jwt === null) return []
  const hasJose = await import('jose').then(
    () => true,
    () => false,
  )
  if (!hasJose) return [fail('auth', 'JWTs are configured, but the package "jose" is missing: run `npm install jose`')]
  return jwt.jwksUrl === null ? [] : [await jwksFinding(jwt.jwksUrl)]
}

async function jwksFinding(url: string): Promise<Finding> {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    if (status === 200) return ok('auth', `${url} answers`)
    return fail('auth', `${url} answers ${status}: no token can be checked`)
  } catch (error) {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    return fail('auth', `${url} cannot be reached (${why}): no token can be checked`)
  }
}
