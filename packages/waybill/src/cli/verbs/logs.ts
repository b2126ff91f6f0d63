// `waybill logs <id> [-f]`
import { isObject } from '../../lib/json.ts'
import type { Transport } from '../../client/transport.ts'
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import { pathOf } from '../print.ts'
import { plainText, type Terminal } from '../terminal.ts'
import type { Verb } from '../verb.ts'

export const logs: Verb = {
  usage: '<id> [-f]',
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
      let after = await printFrom(transport, id, 0, terminal, json)
      if (!args.on('follow')) return exitCodes.ok
      for await (const _ of client.watch(id)) after = await printFrom(transport, id, after, terminal, json)
      return exitCodes.ok
    })
  },
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
