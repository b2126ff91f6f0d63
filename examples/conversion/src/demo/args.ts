// The words of the demo's command line.

import { parseArgs } from 'node:util'

export interface DemoArgs {
  file: string | null
  serve: boolean
  port: number
  help: boolean
}

export const USAGE = `npm run demo [-- FILE] [--serve] [--port N]

  FILE       a PDF, Markdown or HTML document; the sample when left out
  --serve    keep the server and its progress page until Ctrl-C
  --port N   port of the page, 0-65535; a free one when left out`

/** Throws a TypeError that says what is wrong. */
export function readArgs(words: readonly string[]): DemoArgs {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { serve: { type: 'boolean' }, port: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (positionals.length > 1) throw new TypeError(`One document at a time, please; there were ${positionals.length}.`)
  return {
    file: positionals[0] ?? null,
    serve: values.serve ?? false,
    port: portOf(values.port ?? '0'),
    help: values.help ?? false,
  }
}

function portOf(word: string): number {
  if (!/^\d{1,5}$/.test(word) || Number(word) > 65_535)
    throw new TypeError(`--port takes a number from 0 to 65535, not "${word}".`)
  return Number(word)
}
