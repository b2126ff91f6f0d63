// Ten thousand open streams on one process while other jobs run, as figures; streams.ts measures.
import type { Measure } from './measure.ts'
import { measureStreams } from './streams.ts'

export const openStreams: Measure = {
  name: 'streams',
  async run({ streams, streamsMs, jobsPerSecond }) {
    const got = await measureStreams(streams, { jobsPerSecond, forMs: streamsMs })
    const of = `${got.streams.toLocaleString('en')} streams`
    return [
      { name: `${of}: memory each`, value: got.kilobytesEach, unit: 'KB', target: { at: 'most', value: 22 } },
      { name: `${of}: a change is with a watcher, p50`, value: got.reachedMs.p50, unit: 'ms' },
      {
        name: `${of}: a change is with a watcher, p99`,
        value: got.reachedMs.p99,
        unit: 'ms',
        target: { at: 'most', value: 250 },
      },
      { name: `${of}: changes received by all`, value: got.received, unit: 'changes' },
      { name: `${of}: longest halt of the event loop`, value: got.haltMs, unit: 'ms' },
    ]
  },
}
