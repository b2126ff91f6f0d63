// What the process's environment and `.env` say, read by the table of variables. Nothing here changes process.env.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { toMs, type Duration } from '../lib/duration.ts'
import { didYouMean } from '../lib/suggest.ts'
import { variables, type Variable, type VariableName } from './variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** One reader a resolution. An empty variable counts as not set. Errors name the variable, what was expected, what came. */
export class Said {
  readonly #env: Environment

  constructor(env: Environment, cwd: string) {
    this.#env = environmentOf(env, cwd)
  }

  textOrNull(name: VariableName): string | null {
    const variable: Variable = variables[name]
    for (const key of variable.names) {
      const value = this.#env[key]
      if (value !== undefined && value.trim() !== '') return value.trim()
      const file = variable.secret ? this.#env[`${key}_FILE`] : undefined
      if (file) return readSecret(`${key}_FILE`, file)
    }
    return null
  }

  text(name: VariableName): string {
    return this.textOrNull(name) ?? variables[name].default
  }

  /** As `list`; throws when something is said and it names nothing, as `","` does. */
  listOrNothingSaid(name: VariableName): string[] {
    const items = this.list(name)
    if (items.length > 0 || this.textOrNull(name) === null) return items
    throw new RangeError(`${variables[name].names[0]}: is set, but holds no value; unset it, or give what it is for`)
  }

  /** Separated by commas, or in a file also by lines. */
  list(name: VariableName): string[] {
    return this.text(name)
      .split(/[,\n]/)
      .map((part) => part.trim())
      .filter((part) => part !== '')
  }

  flag(name: VariableName): boolean {
    const text = this.text(name).toLowerCase()
    if (['1', 'true', 'yes', 'on'].includes(text)) return true
    if (['0', 'false', 'no', 'off'].includes(text)) return false
    throw new TypeError(`${this.label(name)}: expected 1 or 0, got "${text}"`)
  }

  ms(name: VariableName, given: Duration | undefined): number {
    return toMs(given ?? this.text(name), given === undefined ? this.label(name) : name)
  }

  /** `given`, else what the environment says, when it is whole and within the range. */
  integer(name: VariableName, given: number | undefined, least: number, most: number): number {
    const text = this.text(name)
    const value = given ?? (/^\d+$/.test(text) ? Number(text) : Number.NaN)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    const where = given === undefined ? this.label(name) : name
    throw new RangeError(`${where}: expected a whole number from ${least} to ${most}, got ${given ?? `"${text}"`}`)
  }

  /** `given`, else what the environment says, when it is one of these. */
  oneOf<Word extends string>(name: VariableName, given: Word | undefined, words: readonly Word[]): Word {
    const text = given ?? this.text(name)
    const word = words.find((one) => one === text)
    if (word) return word
    const where = given === undefined ? this.label(name) : name
    throw new TypeError(`${where}: expected ${words.join(', ')}, got "${text}".${didYouMean(text, words)}`)
  }

  /** The name that was used, else the one to use. */
  label(name: VariableName): string {
    const { names } = variables[name]
    return names.find((key) => (this.#env[key] ?? '') !== '') ?? names[0]
  }
}

/** What the process says, and below it what `.env` says. */
export function environmentOf(env: Environment, cwd: string): Environment {
  return { ...dotEnv(cwd), ...present(env) }
}

function present(env: Environment): Record<string, string> {
  const entries: [string, string][] = []
  for (const [key, value] of Object.entries(env)) if (value !== undefined) entries.push([key, value])
  return Object.fromEntries(entries)
}

function dotEnv(cwd: string): Environment {
  const path = join(cwd, '.env')
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return {}
    throw new TypeError(`${path}: cannot be read`, { cause: error })
  }
}

// An empty secret must never mean "no auth".
function readSecret(name: string, path: string): string {
  const text = contents(name, path).trim()
  if (text !== '') return text
  throw new TypeError(`${name}: expected a secret in the file "${path}", which is empty`)
}

function contents(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new TypeError(`${name}: the file "${path}" cannot be read`, { cause: error })
  }
}
