// `waybill bulk cancel|retry|purge`
import { didYouMean } from '../../lib/suggest.ts'
import { bulkFlags, filterIn, runBulk } from '../bulk.ts'
import { UsageError } from '../exit.ts'
import type { Verb } from '../verb.ts'

const actions: Record<string, string> = { cancel: 'Cancel', retry: 'Retry', purge: 'Erase' }

export const bulk: Verb = {
  usage: 'cancel|retry|purge --queue NAME [--status a,b] [--type TYPE] …',
  words: 1,
  summary: 'cancel, retry or erase all jobs of a filter',
  more: 'The work is a job itself, which is followed to its end. Without --status: whatever the action can touch; retry: failed jobs.',
  flags: {
    queue: { type: 'string', value: 'NAME', help: 'jobs of this queue' },
    status: { type: 'string', value: 'WORDS', help: 'such as failed or pending,scheduled' },
    ...bulkFlags,
  },
  run(setting) {
    const { args } = setting
    const action = args.need(0, 'cancel, retry or purge')
    const word = actions[action]
    if (word === undefined)
      throw new UsageError(`bulk: unknown action "${action}".${didYouMean(action, Object.keys(actions))}`)
    const [queue, status] = [args.text('queue'), args.text('status')]
    const filter = {
      ...filterIn(args),
      ...(queue === undefined ? {} : { queue }),
      ...(status === undefined ? {} : { status: status.split(',') }),
    }
    const question = (n: number) => `${word} ${n} jobs`
    return runBulk(setting, { method: 'POST', path: '/jobs/bulk', body: { action, filter }, question })
  },
}
