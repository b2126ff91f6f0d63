// Runs the pipeline in a directory of its own, with checkpoints in memory, and opens the book that comes out.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import { onTestFinished } from 'vitest'
import { epubcheck } from '../src/pipeline/checks/epubcheck.ts'
import { type Converted, convert, type Stage } from '../src/pipeline/run.ts'

export interface Desk {
  dir: string
  workDir: string
  checkpoints: Map<string, string>
  /** Keys of stages whose work was begun, in order. */
  worked: string[]
  reports: { fraction: number; message: string; stage: Stage }[]
  put(name: string, data: string | Uint8Array): Promise<string>
  convert(
    file: string,
    options?: { signal?: AbortSignal; onReport?: (message: string, stage: Stage) => void },
  ): Promise<Converted>
}

export async function makeDesk(): Promise<Desk> {
  const dir = await mkdtemp(join(tmpdir(), 'conversion-test-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const desk: Desk = {
    dir,
    workDir: join(dir, 'work'),
    checkpoints: new Map(),
    worked: [],
    reports: [],
    put: (name, data) => put(join(dir, name), data),
    convert: (file, options = {}) => run(desk, file, options),
  }
  return desk
}

async function put(path: string, data: string | Uint8Array): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, data)
  return path
}

function run(
  desk: Desk,
  file: string,
  { signal, onReport }: { signal?: AbortSignal; onReport?: (message: string, stage: Stage) => void },
) {
  return convert(
    { file, workDir: desk.workDir },
    {
      signal: signal ?? new AbortController().signal,
      progress: (fraction, message, stage) => {
        desk.reports.push({ fraction, message, stage })
        onReport?.(message, stage)
      },
      checkpoint: (key, work) => remember(desk, key, work),
    },
  )
}

/** As a store would: what is remembered went through JSON. */
async function remember<T>(desk: Desk, key: string, work: () => Promise<T>): Promise<T> {
  const kept = desk.checkpoints.get(key)
  if (kept !== undefined) return JSON.parse(kept) as T
  desk.worked.push(key)
  const value = await work()
  desk.checkpoints.set(key, JSON.stringify(value))
  return value
}

export async function openBook(path: string): Promise<Map<string, string>> {
  const entries = Object.entries(unzipSync(await readFile(path)))
  return new Map(entries.map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]))
}

export const textOfBook = (book: Map<string, string>): string =>
  [...book]
    .filter(([name]) => name.startsWith('EPUB/text/'))
    .map(([, xml]) => xml)
    .join('\n')

/** Debian's checker is a must where the tests decide; elsewhere its absence is said aloud. */
export async function expectNoFindings(path: string): Promise<string[]> {
  const findings = await epubcheck(path, new AbortController().signal)
  if (findings === null && process.env['CI'] === 'true')
    throw new Error('CI needs epubcheck: apt-get install epubcheck')
  return findings ?? []
}
