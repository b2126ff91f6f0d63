// Without auth everybody who reaches the server is the operator, so only this machine may reach it: requests must name
// a loopback host (no DNS rebinding), and a web page of another origin may not write.
import { WaybillError } from '../job/errors.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/

export function isLoopback(host: string): boolean {
  return loopback.test(host)
}

/** Throws `insufficient_scope`. Only asked when no auth is configured. */
export function checkLocal(request: Request, allowedOrigins: readonly string[]): void {
  checkHost(request.url)
  if (request.method === 'GET' || request.method === 'HEAD') return
  const from = request.headers.get('origin')
  if (from === null || from === new URL(request.url).origin || allowedOrigins.includes(from)) return
  throw new WaybillError(
    'insufficient_scope',
    `pages of ${from.slice(0, 200)} may not write here; add the origin to WAYBILL_CORS_ORIGINS`,
  )
}

let lately = ''

function checkHost(url: string): void {
  const start = url.slice(0, url.indexOf('/', 8))
  if (start === lately) return
  const { hostname } = new URL(url)
  if (isLoopback(hostname)) lately = start
  else {
    throw new WaybillError(
      'insufficient_scope',
      `without auth this server answers to localhost only, not to "${hostname}"; set WAYBILL_API_KEYS`,
    )
  }
}
