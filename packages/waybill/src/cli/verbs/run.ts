// The verbs that stay: dev, serve, work. SIGTERM and SIGINT end them in order; a second signal ends them at once.
import { createServer } from 'node:http'
import type { Served } from '../../http/serve.ts'
import type { Waybill } from '../../index.ts'
import { commonFlags, type Args, type Flags } from '../args.ts'
import { exitCodes, type ExitCode } from '../exit.ts'
import { openWaybill } from '../open.ts'
import type { Setting, Verb } from '../verb.ts'

const workFlags: Flags = {
  queues: { type: 'string', value: 'NAMES', help: 'queues to serve, separated by commas (default: all)' },
  concurrency: { type: 'string', value: 'N', help: 'jobs run at once (default 8)' },
}
const serveFlags: Flags = {
  host: { type: 'string', value: 'ADDRESS', help: 'address to listen on (default 127.0.0.1)' },
  port: { type: 'string', value: 'N', help: 'port to listen on (default 8012; 0: any free one)' },
}

export const dev: Verb = {
  usage: '[--port N]',
  summary: 'server and worker in one process, for development',
  flags: { ...serveFlags, ...workFlags, ...commonFlags },
  run: (setting) => stay(setting, { serve: true, work: true }),
}

export const serve: Verb = {
  usage: '[--host ADDRESS] [--port N]',
  summary: 'the HTTP server',
  flags: { ...serveFlags, ...commonFlags },
  run: (setting) => stay(setting, { serve: true, work: false }),
}

export const work: Verb = {
  usage: '[--queues a,b] [--concurrency N]',
  summary: 'a worker; WAYBILL_WORKER_PORT gives it /livez and /readyz',
  flags: { ...workFlags, ...commonFlags },
  run: (setting) => stay(setting, { serve: false, work: true }),
}

async function stay(setting: Setting, what: { serve: boolean; work: boolean }): Promise<ExitCode> {
  const ending = untilSignal()
  const waybill = await openWaybill(setting, workOptions(setting.args))
  try {
    const closers = await start(waybill, setting, what)
    await ending
    setting.terminal.say('Stopping; once more to stop at once.')
    for (const close of closers) await close()
    return exitCodes.ok
  } finally {
    await waybill.close()
  }
}

async function start(
  waybill: Waybill,
  setting: Setting,
  what: { serve: boolean; work: boolean },
): Promise<(() => Promise<void>)[]> {
  const { terminal, args } = setting
  const { upkeep, jobs } = await waybill.parts()
  upkeep.start()
  const closers: (() => Promise<void>)[] = []
  if (what.serve) {
    const { serve: listen } = await import('../../http/serve.ts') // a worker does without it
    const served = await listen(waybill, listenOptions(args))
    terminal.out(
      args.on('json')
        ? `${JSON.stringify({ url: served.url })}\n`
        : `Waybill listens on ${served.url} (docs: ${served.url}/docs)\n`,
    )
    closers.push(() => served.close())
  }
  if (what.work) {
    if (jobs.size === 0)
      terminal.say('This worker knows no jobs: name them in waybill.config.ts, `export default { jobs: [...] }`.')
    const worker = waybill.worker()
    await worker.start()
    terminal.say(
      `A worker serves ${waybill.settings.queues.join(', ') || 'all queues'}, ${waybill.settings.concurrency} jobs at once.`,
    )
    closers.unshift(() => worker.stop())
    const health =
      waybill.settings.workerPort === null || what.serve
        ? null
        : await healthServer(waybill, waybill.settings.workerPort)
    if (health) closers.push(() => health.close())
  }
  return closers
}

function workOptions(args: Args) {
  const queues = args.text('queues')
  const concurrency = args.number('concurrency')
  return {
    ...(queues === undefined ? {} : { queues: queues.split(',') }),
    ...(concurrency === undefined ? {} : { concurrency }),
  }
}

function listenOptions(args: Args) {
  const host = args.text('host')
  const port = args.number('port')
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) }
}

// A worker's own /livez, /readyz and /metrics.
async function healthServer(waybill: Waybill, port: number): Promise<Pick<Served, 'close'>> {
  const paths = new Set(['/livez', '/readyz', '/metrics'])
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    if (!paths.has(path)) return void response.writeHead(404).end()
    const answer = Promise.resolve(waybill.fetch(new Request(`http://localhost${path}`)))
    answer
      .then(async (got) => response.writeHead(got.status, Object.fromEntries(got.headers)).end(await got.text()))
      .catch(() => response.writeHead(503).end())
  })
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, waybill.settings.host, resolve),
  )
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const first = () => {
      resolve()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(exitCodes.error))
    }
    let heard = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => (heard ? undefined : ((heard = true), first())))
  })
}
