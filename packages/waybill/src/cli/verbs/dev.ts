// `waybill dev`
import { commonFlags } from '../args.ts'
import { serveFlags, stay, workFlags } from '../stay.ts'
import type { Verb } from '../verb.ts'

export const dev: Verb = {
  usage: '[--port N]',
  words: 0,
  summary: 'server and worker in one process, for development',
  flags: { ...serveFlags, ...workFlags, ...commonFlags },
  run: (setting) => stay(setting, { serve: true, work: true }),
}
