// `waybill bridge verify`: do the keys of the status bridges say what the jobs say? For the time of a migration, and for
// whoever doubts.
import type { Divergence } from '../../bridges/verify.ts'
import { commonFlags } from '../args.ts'
import { exitCodes, UsageError, type ExitCode } from '../exit.ts'
import { withWaybill } from '../open.ts'
import { printTable } from '../print.ts'
import type { Setting, Verb } from '../verb.ts'

const defaultSample = 200

export const bridge: Verb = {
  usage: 'verify [--sample N]',
  words: 1,
  summary: 'compare the keys of status bridges with the jobs',
  more: [
    'Reads the newest jobs and the keys of every status bridge of the config file, and changes nothing. Prints what is missing,',
    'older, or different, and then exits 1. What changed a moment ago is looked at twice.',
  ].join('\n'),
  flags: {
    ...commonFlags,
    sample: { type: 'string', value: 'N', help: `jobs a bridge to look at (default ${defaultSample})` },
  },
  async run(setting) {
    const word = setting.args.need(0, 'verify')
    if (word !== 'verify') throw new UsageError(`"${word}" is no command of bridge; write: waybill bridge verify`)
    const sample = setting.args.number('sample') ?? defaultSample
    return withWaybill(setting, async (waybill) => {
      const { bridges } = await waybill.parts()
      const found = await bridges.verify(sample)
      return report(setting, found.looked, found.wrong)
    })
  },
}

function report({ args, terminal }: Setting, looked: number, wrong: Divergence[]): ExitCode {
  if (args.on('json') || !terminal.tty) terminal.out(`${JSON.stringify({ looked, wrong })}\n`)
  else if (wrong.length > 0)
    printTable(
      ['BRIDGE', 'KEY', 'PROBLEM', 'DETAIL'],
      wrong.map((one) => [one.bridge, one.key, one.problem, one.detail]),
      terminal,
    )
  terminal.say(
    wrong.length === 0
      ? `${looked} keys agree with their jobs.`
      : `${wrong.length} of ${looked} keys do not agree with their jobs.`,
  )
  return wrong.length === 0 ? exitCodes.ok : exitCodes.error
}
