// `waybill migrate`
import { openEngine } from '../../engines/registry.ts'
import { commonFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { openWaybill } from '../open.ts'
import type { Verb } from '../verb.ts'

export const migrate: Verb = {
  usage: '[--status]',
  words: 0,
  summary: 'bring the store to the layout of this version',
  flags: { status: { type: 'boolean', help: 'only say which layout it has' }, ...commonFlags },
  async run(setting) {
    const { args, terminal } = setting
    const { settings } = await openWaybill(setting)
    const engine = await openEngine(settings.engineUrl)
    try {
      const moved = args.on('status') ? null : await engine.migrate()
      const { found, wanted } = await engine.schema()
      const text =
        moved !== null && moved.from !== moved.to ? `Layout ${moved.from} → ${moved.to}.` : state(found, wanted)
      terminal.out(args.on('json') ? `${JSON.stringify({ found, wanted })}\n` : `${text}\n`)
      return found === wanted ? exitCodes.ok : exitCodes.error
    } finally {
      await engine.close()
    }
  },
}

function state(found: number, wanted: number): string {
  if (found === wanted) return `Layout ${found} is current.`
  const cure = found < wanted ? 'run `waybill migrate`' : 'run the version of Waybill that wrote it, or a newer one'
  return `Layout ${found}; this version wants ${wanted}: ${cure}.`
}
