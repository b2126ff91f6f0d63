// `waybill work`
import { commonFlags } from '../args.ts'
import { stay, workFlags } from '../stay.ts'
import type { Verb } from '../verb.ts'

export const work: Verb = {
  usage: '[--queues a,b] [--concurrency N] [--isolate process]',
  words: 0,
  summary: 'a worker; WAYBILL_WORKER_PORT gives it /livez, /readyz and /metrics',
  flags: { ...workFlags, ...commonFlags },
  run: (setting) => stay(setting, { serve: false, work: true }),
}
