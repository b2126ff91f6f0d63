// `waybill copy`: everything that must survive a move, from one store into another, of whatever kinds they are.
import { withoutSecrets } from '../../engines/registry.ts'
import { steadyClock } from '../../lib/clock.ts'
import { commonFlags } from '../args.ts'
import { differences, type Difference } from '../copy/compare.ts'
import { copyDocs } from '../copy/docs.ts'
import { copyJobs, type Copied } from '../copy/jobs.ts'
import { progressOf } from '../copy/progress.ts'
import { refuseBusy, withStores, type Stores } from '../copy/stores.ts'
import { exitCodes, type ExitCode } from '../exit.ts'
import { openWaybill } from '../open.ts'
import { printTable } from '../print.ts'
import type { Terminal } from '../terminal.ts'
import type { Setting, Verb } from '../verb.ts'

export const copy: Verb = {
  usage: '<FROM> <TO>',
  words: 2,
  summary: 'copy a store into another one: jobs, queue settings, API keys',
  more: [
    'FROM and TO are engine URLs, such as sqlite:./waybill.db, postgres://host/db and redis://host; `-` is the configured',
    'one (DATABASE_URL, --engine, the config file). Stop the workers first, and whatever submits. TO is set up if need be;',
    'jobs that it has already are left alone, so that a copy that broke off is simply run again. FROM stays as it is.',
    'Not copied: idempotency keys (a key that is sent again after the move makes a new job), tombstones of purged jobs',
    '(they answer 404 instead of 410), rows of workers. In the end the jobs of both stores are counted by queue and status;',
    'where they differ, the command says how and exits 1.',
  ].join('\n'),
  flags: commonFlags,
  async run(setting) {
    const from = await urlOf(setting, 0, '<FROM>')
    const to = await urlOf(setting, 1, '<TO>')
    return withStores(from, to, async (stores) => {
      await refuseBusy(stores)
      return copyAll(stores, setting, to)
    })
  },
}

// `-` is the engine of the environment or the config file: its password then stands on no command line.
async function urlOf(setting: Setting, place: number, name: string): Promise<string> {
  const given = setting.args.need(place, name)
  if (given !== '-') return given
  return (await openWaybill(setting)).settings.engineUrl
}

interface Summary extends Copied {
  docs: number
  seconds: number
  differences: Difference[]
}

async function copyAll(stores: Stores, { terminal, args }: Setting, toUrl: string): Promise<ExitCode> {
  const began = steadyClock.now()
  const docs = await copyDocs(stores)
  const jobs = await copied(stores, terminal)
  const summary = {
    ...jobs,
    docs,
    seconds: Math.round(steadyClock.now() - began) / 1_000,
    differences: await differences(stores),
  }
  if (args.on('json')) terminal.out(`${JSON.stringify(summary)}\n`)
  else say(summary, terminal, withoutSecrets(toUrl))
  return summary.differences.length === 0 ? exitCodes.ok : exitCodes.error
}

async function copied(stores: Stores, terminal: Terminal): Promise<Copied> {
  const counts = await stores.from.count({})
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0)
  try {
    return await copyJobs(stores, progressOf(terminal, total))
  } catch (error) {
    terminal.sketch?.('')
    terminal.say('The copy broke off; run the same command again to go on where it stopped.')
    throw error
  } finally {
    terminal.sketch?.('')
  }
}

function say({ copied: n, present, docs, seconds, ...found }: Summary, terminal: Terminal, to: string): void {
  terminal.out(`copied   ${n}\npresent  ${present}\ndocs     ${docs}\nseconds  ${seconds}\n`)
  if (found.differences.length === 0)
    return terminal.say(`Both stores hold the same jobs. Point everything at ${to}; start no worker on the old store.`)
  const rows = found.differences.map(({ queue, status, from, to: there }) => [queue, status, `${from}`, `${there}`])
  terminal.say('The stores differ. Jobs of TO before the copy, and whatever was submitted or run meanwhile, show here:')
  printTable(['QUEUE', 'STATUS', 'FROM', 'TO'], rows, { out: (text) => terminal.say(text.trimEnd()) })
}
