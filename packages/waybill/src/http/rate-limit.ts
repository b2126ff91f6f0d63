// How a user stands with the limits of his tier, as headers: `RateLimit-Policy` says what is allowed, `RateLimit` what is left
// and for how long. In the manner of draft-ietf-httpapi-ratelimit-headers-09 (18 March 2025).
import type { Standing } from '../job/quota.ts'

/** No header for those without limits. */
export function rateLimitHeaders(standings: readonly Standing[], now: number): Record<string, string> {
  if (standings.length === 0) return {}
  return {
    'ratelimit-policy': standings.map(policyOf).join(', '),
    ratelimit: standings.map((standing) => leftOf(standing, now)).join(', '),
  }
}

function policyOf({ limit, quota, windowMs }: Standing): string {
  return `"${limit}";q=${quota}${windowMs === null ? '' : `;w=${windowMs / 1_000}`}`
}

function leftOf({ limit, left, freeAt }: Standing, now: number): string {
  return `"${limit}";r=${left}${freeAt === null ? '' : `;t=${Math.max(0, Math.ceil((freeAt - now) / 1_000))}`}`
}
