// Flags of a verb, read and checked: what is unknown is refused with the nearest one that exists.
import { parseArgs } from 'node:util'
import { toMs } from '../lib/duration.ts'
import { didYouMean } from '../lib/suggest.ts'
import { UsageError } from './exit.ts'

export interface Flag {
  type: 'string' | 'boolean'
  short?: string
  /** The value's name in the help; none for a switch. */
  value?: string
  help: string
}

export type Flags = Record<string, Flag>

/** Flags that every verb takes. */
export const commonFlags: Flags = {
  config: { type: 'string', value: 'FILE', help: 'the config file (default: waybill.config.ts, .js or .mjs here)' },
  engine: { type: 'string', value: 'URL', help: 'the engine (default: DATABASE_URL, or sqlite:./waybill.db)' },
  json: { type: 'boolean', help: 'print JSON' },
  help: { type: 'boolean', short: 'h', help: 'print this help' },
}

/** Flags of the verbs that may speak to a server instead of the engine. */
export const remoteFlags: Flags = {
  url: {
    type: 'string',
    value: 'URL',
    help: 'speak to this server, such as http://127.0.0.1:8012 (default: WAYBILL_URL, else the engine itself)',
  },
  key: { type: 'string', value: 'KEY', help: 'API key or token for the server (default: WAYBILL_API_KEY)' },
}

export class Args {
  readonly positionals: readonly string[]
  readonly #values: Readonly<Record<string, string | boolean | undefined>>

  constructor(flags: Flags, args: string[], most: number) {
    const names = Object.keys(flags)
    const options = Object.fromEntries(names.map((name) => [name, optionOf(flags[name])]))
    try {
      const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true })
      this.#values = values
      this.positionals = positionals
    } catch (error) {
      throw usage(error, names)
    }
    const extra = this.positionals[most]
    if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many`)
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  on(name: string): boolean {
    return this.#values[name] === true
  }

  /** A whole number, or undefined. */
  number(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (/^\d+$/.test(text)) return Number(text)
    throw new UsageError(`--${name}: expected a whole number, got "${text}"`)
  }

  /** Milliseconds of a duration such as 30s, or undefined. */
  ms(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    try {
      return toMs(text, `--${name}`)
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error))
    }
  }

  /** The positional at `i`; a usage error that names it when it is missing. */
  need(i: number, name: string): string {
    const value = this.positionals[i]
    if (value !== undefined) return value
    throw new UsageError(`${name} is missing`)
  }
}

function optionOf(flag: Flag | undefined): { type: 'string' | 'boolean'; short?: string } {
  return { type: flag?.type ?? 'boolean', ...(flag?.short ? { short: flag.short } : {}) }
}

function usage(error: unknown, names: string[]): UsageError {
  const message = error instanceof Error ? error.message : String(error)
  const unknown = /Unknown option '--?([\w-]+)/.exec(message)?.[1]
  if (unknown !== undefined) return new UsageError(`unknown flag --${unknown}.${didYouMean(unknown, names)}`)
  return new UsageError((message.split('. ')[0] ?? message).replace(/^Option /, ''))
}
