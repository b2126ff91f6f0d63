// Query parameters in, as strict as bodies: an unknown one is refused with the nearest that is known.
import { WaybillError } from '../job/errors.ts'
import { msOrNull, spokenDuration } from '../lib/duration.ts'
import { didYouMean } from '../lib/suggest.ts'

export class Query {
  readonly #given: URLSearchParams

  /** Throws `bad_request` for a parameter that is not among `known`, or is given twice. */
  constructor(given: URLSearchParams, known: readonly string[]) {
    this.#given = given
    const seen = new Set<string>()
    for (const name of given.keys()) {
      if (!known.includes(name)) refuse(name, `unknown parameter "${name.slice(0, 100)}".${didYouMean(name, known)}`)
      if (seen.has(name)) refuse(name, 'is given twice; separate values by commas')
      seen.add(name)
    }
  }

  has(name: string): boolean {
    return this.#given.has(name)
  }

  /** The text, at most `most` characters; undefined when it is not given. */
  text(name: string, most = 200): string | undefined {
    const value = this.#given.get(name)
    if (value === null) return undefined
    if (value === '' || value.length > most) refuse(name, `has 1 to ${most} characters`)
    if (value.includes('\0') || !value.isWellFormed()) refuse(name, 'contains characters that cannot be kept')
    return value
  }

  /** Values separated by commas; undefined when it is not given. */
  texts(name: string, most: number): string[] | undefined {
    const values = this.text(name, 20_000)
      ?.split(',')
      .map((value) => value.trim())
    if (values && values.length > most) refuse(name, `takes at most ${most} values, got ${values.length}`)
    return values
  }

  whole(name: string, min: number, max: number): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    return number >= min && number <= max ? number : refuse(name, `is a whole number from ${min} to ${max}`)
  }

  flag(name: string): boolean {
    const value = this.text(name) ?? '0'
    if (value === '1' || value === 'true') return true
    return value === '0' || value === 'false' ? false : refuse(name, 'is 0 or 1')
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    return (
      choices.find((choice) => choice === value) ??
      refuse(name, `is one of ${choices.join(', ')}.${didYouMean(value, choices)}`)
    )
  }

  /** A duration such as 5m; milliseconds. */
  duration(name: string, min: number, max: number): number | undefined {
    const value = this.text(name)
    const ms = value === undefined ? undefined : msOrNull(value)
    if (ms === undefined || (ms !== null && ms >= min && ms <= max)) return ms
    return refuse(name, `is a duration from ${spokenDuration(min)} to ${spokenDuration(max)}, such as 5m or 1h`)
  }

  /** RFC 3339; milliseconds since the epoch. */
  time(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const at = /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN
    return Number.isFinite(at) ? at : refuse(name, 'is a time such as 2026-11-24T09:00:00Z')
  }
}

function refuse(name: string, detail: string): never {
  throw new WaybillError('bad_request', `query parameter ${name}: ${detail}`, {
    errors: [{ pointer: `/query/${name.slice(0, 100)}`, detail }],
  })
}
