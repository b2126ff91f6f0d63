// Where the command speaks: data on standard output, talk on standard error, colour only where it is wanted.
import { createInterface } from 'node:readline/promises'
import { stripVTControlCharacters } from 'node:util'

export interface Terminal {
  /** Data. */
  out(text: string): void
  /** Talk. */
  say(text: string): void
  /** One line of talk, drawn over the one before; '' takes it away. Absent where talk is not read on a terminal. */
  sketch?: (text: string) => void
  readonly tty: boolean
  readonly columns: number
  readonly colour: boolean
  /** Asks for a yes; false where nobody can answer. */
  confirm(question: string): Promise<boolean>
}

export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process
  for (const stream of [stdout, stderr]) stream.on('error', endWithReader)
  return {
    out: (text) => void stdout.write(text),
    say: (text) => void stderr.write(`${text}\n`),
    ...(stderr.isTTY === true ? { sketch: (text) => void stderr.write(`\r\u001b[2K${text}`) } : {}),
    tty: stdout.isTTY === true,
    get columns() {
      return stdout.columns || 80
    },
    colour: stdout.isTTY === true && !env['NO_COLOR'],
    async confirm(question) {
      if (!stdin.isTTY) return false
      const reader = createInterface({ input: stdin, output: stderr })
      const answer = await reader.question(`${question} [y/N] `)
      reader.close()
      return /^y(es)?$/i.test(answer.trim())
    },
  }
}

// Whoever read our output has heard enough (`waybill list | head -1`).
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  throw error
}

/** Words of others for a terminal: without what would move its cursor or change its colours. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}

const codes = { dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

export function paint(terminal: Pick<Terminal, 'colour'>, colour: keyof typeof codes, text: string): string {
  return terminal.colour ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text
}
