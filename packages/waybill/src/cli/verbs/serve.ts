// `waybill serve`
import { commonFlags } from '../args.ts'
import { serveFlags, stay } from '../stay.ts'
import type { Verb } from '../verb.ts'

export const serve: Verb = {
  usage: '[--host ADDRESS] [--port N]',
  words: 0,
  summary: 'the HTTP server',
  flags: { ...serveFlags, ...commonFlags },
  run: (setting) => stay(setting, { serve: true, work: false }),
}
