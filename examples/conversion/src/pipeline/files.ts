// Files of the work directory: stamped when a stage ends, checked again before a checkpoint is believed.
// Writing goes through a temporary name, so that a killed attempt never leaves half a file under a good name.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Stamp } from './types.ts'

export async function stampOf(path: string): Promise<Stamp> {
  const hash = createHash('sha256')
  let bytes = 0
  const chunks: AsyncIterable<Buffer> = createReadStream(path)
  for await (const chunk of chunks) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { path, bytes, sha256: hash.digest('hex') }
}

/** Whether every file is still there with the size and hash it was stamped with. */
export async function allStand(stamps: readonly Stamp[]): Promise<boolean> {
  for (const stamp of stamps) if (!(await stands(stamp))) return false
  return true
}

async function stands(stamp: Stamp): Promise<boolean> {
  const found = await stat(stamp.path).catch(ifMissing)
  if (!found?.isFile() || found.size !== stamp.bytes) return false
  return (await stampOf(stamp.path)).sha256 === stamp.sha256
}

/** For `.catch`: an absent file is an answer, any other fault is not. */
export function ifMissing(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  throw error
}

export async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.part`
  await writeFile(draft, data)
  await rename(draft, path)
}

export const writeLines = (path: string, values: readonly unknown[]): Promise<void> =>
  writeWhole(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''))

export async function* readLines(path: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (line !== '') yield line
  }
}
