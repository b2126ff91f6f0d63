// Debian's `epubcheck`, when it is on the PATH. It is a jar: where the kernel does not run jars by themselves, Java is
// called with it. Warnings count as findings.

import { execFile } from 'node:child_process'
import { access, constants, open } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The findings, none when the book is right; null when the program is not installed. */
export async function epubcheck(file: string, signal: AbortSignal): Promise<string[] | null> {
  const [command, ...args] = (await findProgram()) ?? []
  if (!command) return null
  const options = { signal, timeout: 300_000, maxBuffer: 16 * 1024 * 1024 }
  const output = await run(command, [...args, file], options).catch((error: unknown) => outputOf(error))
  const findings = `${output.stdout}\n${output.stderr}`
    .split('\n')
    .filter((line) => /^(ERROR|FATAL|WARNING)\b/.test(line))
  if (findings.length === 0 && !/No errors or warnings detected/.test(output.stdout + output.stderr)) {
    throw new Error(`epubcheck ended without a verdict: ${output.stderr.slice(0, 500)}`)
  }
  return findings.map((line) => line.replaceAll(file, 'book.epub'))
}

/** A non-zero exit is how it says "findings"; everything else is a fault. */
function outputOf(error: unknown): { stdout: string; stderr: string } {
  const isExit =
    error instanceof Error &&
    'stdout' in error &&
    'stderr' in error &&
    'code' in error &&
    typeof error.code === 'number'
  if (!isExit) throw error
  return { stdout: String(error.stdout), stderr: String(error.stderr) }
}

async function findProgram(): Promise<string[] | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'epubcheck')
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return (await isJar(path)) ? ['java', '-Djava.awt.headless=true', '-jar', path] : [path]
  }
  return null
}

async function isJar(path: string): Promise<boolean> {
  const handle = await open(path)
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return buffer.toString('latin1') === 'PK'
  } finally {
    await handle.close()
  }
}
