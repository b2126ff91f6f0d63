// `waybill logs <id> [-f]`
import type { WaybillClient } from '../../client/client.ts'
import type { Transport } from '../../client/transport.ts'
import { isEnded } from '../../client/views.ts'
import { pause, systemClock } from '../../lib/clock.ts'
import { isObject } from '../../lib/json.ts'
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import { pathOf } from '../print.ts'
import { plainText, type Terminal } from '../terminal.ts'
import type { Verb } from '../verb.ts'

const askMs = 500

export const logs: Verb = {
  usage: '<id> [-f]',
  words: 1,
  summary: 'print the log lines of a job',
  flags: {
    follow: { type: 'boolean', short: 'f', help: 'go on until the job has ended' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    const id = args.need(0, '<id>')
    const json = args.on('json') || !terminal.tty
    return withApi(setting, async ({ client, transport }) => {
      const print = (after: number) => printFrom(transport, id, after, terminal, json)
      if (args.on('follow')) await followLogs(client, id, print)
      else await print(0)
      return exitCodes.ok
    })
  },
}

// A line may come without any other change of the job, so it is asked for as well as waited for.
async function followLogs(client: WaybillClient, id: string, print: (after: number) => Promise<number>): Promise<void> {
  const over = new AbortController()
  const end = untilEnd(client, id).finally(() => over.abort())
  let after = 0
  do {
    after = await print(after)
    await Promise.race([end, pause(systemClock, askMs, over.signal, true)])
  } while (!over.signal.aborted)
  await end
  await print(after)
}

async function untilEnd(client: WaybillClient, id: string): Promise<void> {
  for await (const job of client.watch(id)) if (isEnded(job)) return
}

/** Prints what comes after line number `after`, page by page; answers the last number printed. */
async function printFrom(
  transport: Transport,
  id: string,
  after: number,
  terminal: Terminal,
  json: boolean,
): Promise<number> {
  const page = await transport.json(`${pathOf(id)}/logs?after=${after}`)
  const lines = isObject(page) && Array.isArray(page['items']) ? page['items'].filter(isObject) : []
  for (const line of lines) terminal.out(`${json ? JSON.stringify(line) : textOf(line)}\n`)
  const last = Number(lines.at(-1)?.['seq'] ?? after)
  return last > after ? printFrom(transport, id, last, terminal, json) : after
}

function textOf(line: Record<string, unknown>): string {
  const words = [line['at'], line['level'], line['message'], line['fields']].filter((part) => part !== null)
  return plainText(words.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' '))
}
