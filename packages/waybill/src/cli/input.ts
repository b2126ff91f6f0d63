// A job's input, or a batch, on the command line: JSON as it stands, `@FILE`, or `-` for standard input.
import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { UsageError } from './exit.ts'

/** Throws a UsageError when it cannot be read or is not JSON. */
export async function readInput(given: string, flag = '--input'): Promise<unknown> {
  const json = await textOf(given, flag)
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new UsageError(`${flag}: not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function textOf(given: string, flag: string): Promise<string> {
  if (given === '-') return readAll(process.stdin)
  if (!given.startsWith('@')) return given
  try {
    return await readFile(given.slice(1), 'utf8')
  } catch (error) {
    throw new UsageError(`${flag}: the file "${given.slice(1)}" cannot be read`, { cause: error })
  }
}
