// The Logger interface (pino-shaped: an object of fields, then a sentence) and its default: one JSON line an entry.
import { errorText } from './error-text.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What Waybill asks of a logger; pino, and most others, fit as they are. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** From the least to the most urgent. */
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Writes entries at or above `level` as JSON lines through `write` (default: standard error). */
export function jsonLogger(level: LogLevel = 'info', write: (line: string) => void = toStderr): Logger {
  const least = logLevels.indexOf(level)
  const at = (name: LogLevel) => (fields: object, message: string) => {
    if (logLevels.indexOf(name) < least) return
    write(`${JSON.stringify({ time: new Date().toISOString(), level: name, msg: message, ...plain(fields) })}\n`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Says nothing; for tests and embedding. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

function toStderr(line: string): void {
  process.stderr.write(line)
}

function plain(fields: object): object {
  const entries = Object.entries(fields)
  return Object.fromEntries(entries.map(([key, value]) => [key, value instanceof Error ? errorFields(value) : value]))
}

function errorFields(error: Error): object {
  const code = 'code' in error ? { code: error.code } : {}
  return {
    name: error.name,
    message: error.message,
    ...code,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: errorText(error.cause) }),
  }
}
