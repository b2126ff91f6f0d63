// Every measurement, in the order in which they run: those that leave jobs behind come after those that mind.
import type { Extent } from './extent.ts'
import { idle } from './measures/idle.ts'
import { latency, progress } from './measures/latency.ts'
import type { Measure } from './measures/measure.ts'
import { reads } from './measures/reads.ts'
import { drain, enqueue, kept } from './measures/throughput.ts'

export function measures({ concurrencies }: Extent): Measure[] {
  return [
    ...concurrencies.map((concurrency) => ({ name: 'drain', run: drain(concurrency) })),
    { name: 'latency', run: latency },
    { name: 'progress', run: progress },
    { name: 'enqueue', run: enqueue },
    { name: 'reads', run: reads },
    { name: 'idle', run: idle },
    { name: 'kept', onlyWhenAsked: true, run: kept },
  ]
}
