// `npm run demo`: server and worker on SQLite, one document through them, watched over the live stream like any other
// client would. Ends with the path of the book; a failure ends with its sentence and exit code 1.

import { copyFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createWaybill } from 'waybill'
import { WaybillClient } from 'waybill/client'
import { createFetch } from 'waybill/http'
import { type DemoArgs, readArgs, USAGE } from './demo/args.ts'
import { makeBar } from './demo/bar.ts'
import { serveDemo } from './demo/server.ts'
import { conversionJob } from './job.ts'

const SAMPLE = fileURLToPath(new URL('../sample/slow-work.md', import.meta.url))

async function main(args: DemoArgs): Promise<number> {
  const file = args.file === null ? SAMPLE : resolve(process.env['INIT_CWD'] ?? process.cwd(), args.file)
  const dir = await mkdtemp(join(tmpdir(), 'waybill-demo-'))
  const convert = conversionJob({ documents: dirname(file), workRoot: join(dir, 'work') })
  const waybill = createWaybill({
    engine: `sqlite:${join(dir, 'waybill.db')}`,
    jobs: [convert],
    apiKeys: [],
    logLevel: 'error',
  })
  const server = await serveDemo(
    createFetch(() => waybill.parts()),
    args.port,
  )
  try {
    await waybill.worker({ concurrency: 2 }).start()
    const job = await waybill.enqueue(convert, { file: basename(file) }, { title: basename(file) })
    process.stdout.write(`Converting ${basename(file)}\nProgress page: ${server.url}/?job=${job.id}\n`)
    const code = await follow(server.url, job.id, join(dir, `${basename(file, extname(file))}.epub`))
    if (args.serve) await untilInterrupted(server.url)
    return code
  } finally {
    await server.close()
    await waybill.close()
  }
}

/** Draws the bar from the stream; gives the exit code. */
async function follow(url: string, id: string, target: string): Promise<number> {
  const client = new WaybillClient({ url: `${url}/api/v1` })
  const bar = makeBar(process.stdout)
  for await (const job of client.watch(id)) {
    bar.show({ progress: job.progress, stage: job.stage, message: job.progressMessage })
    if (job.status === 'failed' || job.status === 'cancelled') {
      bar.end()
      process.stderr.write(`${job.error?.message ?? 'The conversion was cancelled.'}\n`)
      return 1
    }
    if (job.status === 'completed') {
      bar.end()
      await copyFile(bookIn(job.result), target)
      process.stdout.write(`Your book: ${target}\n`)
      return 0
    }
  }
  throw new Error('the stream ended before the job did')
}

function bookIn(result: unknown): string {
  if (typeof result === 'object' && result !== null && 'epub' in result && typeof result.epub === 'string')
    return result.epub
  throw new Error('the job ended without a book')
}

function untilInterrupted(url: string): Promise<void> {
  process.stdout.write(`Serving ${url} until Ctrl-C\n`)
  return new Promise((resolvePromise) => {
    process.once('SIGINT', () => resolvePromise())
    process.once('SIGTERM', () => resolvePromise())
  })
}

function argsOrUsage(): DemoArgs | null {
  try {
    return readArgs(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n\n${USAGE}\n`)
    return null
  }
}

/** Whatever stops the demo itself, such as a port that is taken. */
function tell(error: unknown): number {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  const known = error instanceof Error && 'code' in error // of the system or of Waybill: its sentence says it all
  const detail = error instanceof Error && !known ? (error.stack ?? error.message) : sentenceOf(error)
  process.stderr.write(`${taken ? 'The port is in use. Name another one with --port, or leave it out.' : detail}\n`)
  return 1
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whoever reads the output has heard enough (`npm run demo | head -1`). */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  throw error
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader)
const args = argsOrUsage()
if (!args) process.exitCode = 2
else if (args.help) process.stdout.write(`${USAGE}\n`)
else process.exitCode = await main(args).catch(tell)
