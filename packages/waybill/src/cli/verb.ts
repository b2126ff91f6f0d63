// What a verb is, and what it is given.
import type { Environment } from '../config/environment.ts'
import type { Args, Flags } from './args.ts'
import type { ExitCode } from './exit.ts'
import type { Terminal } from './terminal.ts'

export interface Setting {
  args: Args
  terminal: Terminal
  env: Environment
  cwd: string
}

export interface Verb {
  /** After the name, such as `<type> [--input JSON]`. */
  usage: string
  /** How many words it takes at most, flags not counted. */
  words: number
  /** One line for the list of verbs. */
  summary: string
  /** What else its help says. */
  more?: string
  flags: Flags
  run(setting: Setting): Promise<ExitCode>
}
