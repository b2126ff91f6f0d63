// Without auth everybody who reaches the server is the operator, so only this machine may reach it: requests must name
// a loopback host (no DNS rebinding), and a web page of another origin may not write.
import { WaybillError } from '../job/errors.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/

export function isLoopback(host: string): boolean {
  return loopback.test(host)
}

/** Throws `insufficient_scope`. Only asked when no auth is configured. */
export function checkLocal(request: Request, allowedOrigins: readonly string[]): void {
  const { hostname, origin } = new URL(request.url)
  if (!isLoopback(hostname)) {
    throw new WaybillError(
      'insufficient_scope',
      `without auth this server answers to localhost only, not to "${hostname}"; set WAYBILL_API_KEYS`,
    )
  }
  const from = request.headers.get('origin')
  if (request.method === 'GET' || request.method === 'HEAD' || from === null || from === origin) return
  if (!allowedOrigins.includes(from)) {
    throw new WaybillError(
      'insufficient_scope',
      `pages of ${from.slice(0, 200)} may not write here; add the origin to WAYBILL_CORS_ORIGINS`,
    )
  }
}
