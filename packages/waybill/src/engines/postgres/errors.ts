// What the driver throws, in Waybill's words: a server that cannot be reached, is starting, full or read-only is
// `engine_unavailable` and worth another try; a missing layout says how to make it. No message holds the URL's password.
import { WaybillError } from '../../job/errors.ts'

/** A statement or a connection took longer than its deadline; its connection was given up. */
export class Overdue extends Error {
  override readonly name = 'Overdue'
}

/** A transaction found that something it had read is no longer so: it is undone and run again. */
export class Again extends Error {
  override readonly name = 'Again'
}

/** SQLSTATE of a driver error, or the code of a socket error; empty when there is none. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

const unique = '23505'
const noPartition = '23514'
const noTable = ['42P01', '3F000']
const collisions = ['40001', '40P01']

const tooMuch = '54000'

/** The queue of notifications is full: nothing that notifies can be committed until all have read it. */
export const isDeaf = (error: unknown): boolean => codeOf(error) === tooMuch
export const isDuplicate = (error: unknown): boolean => codeOf(error) === unique
export const lacksPartition = (error: unknown): boolean => codeOf(error) === noPartition
/** Nothing happened: the same transaction may be run again at once. */
export const isCollision = (error: unknown): boolean => error instanceof Again || collisions.includes(codeOf(error))

// Classes of SQLSTATE: connection, resources (too many connections, disk or memory full), operator's doing, system.
const unavailable = /^(08|53|57|58)/
const readOnly = '25006'
const notYet = '55P03'

/** Whether the server could not do it now, whatever it was: its connection is not to be trusted any further. */
export function isOutage(error: unknown): boolean {
  if (error instanceof Overdue) return true
  const code = codeOf(error)
  if (code === readOnly || code === notYet || (code.length === 5 && unavailable.test(code))) return true
  return error instanceof Error && (/^E[A-Z]+$/.test(code) || (code === '' && aboutConnection.test(error.message)))
}

const aboutConnection = /connection|timeout exceeded|not queryable|client was closed|stream|socket|pool/i

/** The error to give to the caller. */
export function storeError(error: unknown): unknown {
  if (error instanceof WaybillError) return error
  if (noTable.includes(codeOf(error)))
    return new WaybillError('engine_unavailable', 'PostgreSQL: the layout is missing; run: waybill migrate', {
      cause: error,
    })
  if (!isOutage(error)) return error
  const said = error instanceof Error ? error.message : String(error)
  return new WaybillError('engine_unavailable', `PostgreSQL cannot serve now (${said}); try again in a moment`, {
    retryAfter: 1,
    cause: error,
  })
}
