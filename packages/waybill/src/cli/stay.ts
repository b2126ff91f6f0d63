// What dev, serve and work share: start, stay until a signal, end in order.
import { pathToFileURL } from 'node:url'
import { configPath } from '../config/file.ts'
import type { SettingOptions } from '../config/options.ts'
import { isolates, type Isolate } from '../job/isolate.ts'
import type { Waybill, WaybillWorker } from '../index.ts'
import type { Args, Flags } from './args.ts'
import { exitCodes, UsageError, type ExitCode } from './exit.ts'
import { openWaybill } from './open.ts'
import { untilSignal } from './signals.ts'
import type { Setting } from './verb.ts'
import { serveHealth } from './worker-port.ts'

export const workFlags: Flags = {
  queues: { type: 'string', value: 'NAMES', help: 'queues to serve, separated by commas (default: all)' },
  concurrency: { type: 'string', value: 'N', help: 'jobs run at once (default 8)' },
  isolate: { type: 'string', value: 'KIND', help: 'none, thread or process: where jobs run (default none)' },
}

export const serveFlags: Flags = {
  host: { type: 'string', value: 'ADDRESS', help: 'address to listen on (default 127.0.0.1)' },
  port: { type: 'string', value: 'N', help: 'port to listen on (default 8012; 0: any free one)' },
}

interface What {
  serve: boolean
  work: boolean
}

type Stop = () => Promise<void>

export async function stay(setting: Setting, what: What): Promise<ExitCode> {
  const ending = untilSignal()
  const waybill = await openWaybill(setting, optionsIn(setting.args))
  const stops: Stop[] = []
  try {
    await waybill.parts()
    if (what.serve) stops.push(await startServer(waybill, setting))
    const worker = what.work ? await startWorker(waybill, setting, what, stops) : null
    await (what.serve || !worker ? ending : Promise.race([ending, worker.ended]))
    setting.terminal.say('Stopping: no new jobs, those that run may end. Once more stops at once.')
    return exitCodes.ok
  } finally {
    // Side by side: the server says that it is not ready while the worker waits for its jobs.
    await Promise.all(stops.map((stop) => stop()))
    await waybill.close()
    leaveSoon()
  }
}

// Everything is given back by now: a handler that ignores its signal must not hold the process, nor go on in it.
function leaveSoon(): void {
  setTimeout(() => process.exit(), 500).unref()
}

async function startServer(waybill: Waybill, { args, terminal }: Setting): Promise<Stop> {
  const { upkeep } = await waybill.parts()
  const { serve } = await import('../http/serve.ts') // a worker does without it
  const served = await serve(waybill)
  upkeep.start()
  const text = `Waybill listens on ${served.url} (docs: ${served.url}/docs)`
  terminal.out(`${args.on('json') ? JSON.stringify({ url: served.url }) : text}\n`)
  return () => served.close()
}

async function startWorker(waybill: Waybill, setting: Setting, what: What, stops: Stop[]): Promise<WaybillWorker> {
  const { terminal } = setting
  const { jobs, settings } = await waybill.parts()
  if (jobs.size === 0)
    terminal.say('This worker knows no jobs: name them in waybill.config.ts, `export default { jobs: [...] }`.')
  const config = configPath(setting.cwd, setting.args.text('config') ?? null)
  const worker = waybill.worker(config === null ? {} : { module: pathToFileURL(config) })
  await worker.start()
  const queues = settings.queues.length === 0 ? 'all queues' : `the queues ${settings.queues.join(', ')}`
  terminal.say(`A worker serves ${queues}, ${settings.concurrency} jobs at once.`)
  stops.push(() => worker.stop())
  if (settings.workerPort === null || what.serve) return worker
  const health = await serveHealth(waybill, settings.workerPort)
  stops.push(() => health.close())
  terminal.say(`Its probes listen on ${settings.host}:${health.port}.`)
  return worker
}

function optionsIn(args: Args): SettingOptions {
  const isolate = isolateIn(args)
  const [host, port, queues, concurrency] = [
    args.text('host'),
    args.number('port'),
    args.text('queues'),
    args.number('concurrency'),
  ]
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(queues === undefined ? {} : { queues: queues.split(',').map((queue) => queue.trim()) }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(isolate === undefined ? {} : { isolate }),
  }
}

function isolateIn(args: Args): Isolate | undefined {
  const said = args.text('isolate')
  const isolate = isolates.find((kind) => kind === said)
  if (isolate === said) return isolate
  throw new UsageError(`--isolate: expected ${isolates.join(', ')}, got "${said}"`)
}
