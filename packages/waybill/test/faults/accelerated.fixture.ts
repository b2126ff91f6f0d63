// A store with an accelerator before it, and processes that use both: each is an engine handle of its own with a link of
// its own. Every one of them reads through the cache, whatever the engine.
import { isGone, type Engine, type ReadEngine } from '../../src/engine/engine.ts'
import { accelerated } from '../../src/accelerator/accelerated.ts'
import { Accelerator } from '../../src/accelerator/accelerator.ts'
import { openEngine } from '../../src/engines/registry.ts'
import { pause, steadyClock, systemClock } from '../../src/lib/clock.ts'
import { newId } from '../../src/lib/ids.ts'
import { silentLogger, type Logger } from '../../src/lib/log.ts'
import type { JobRecord } from '../../src/job/record.ts'

export interface Process {
  engine: Engine
  reader: ReadEngine
  accelerator: Accelerator
  close: () => Promise<void>
}

export interface ProcessOptions {
  store?: string
  log?: Logger
}

/** `url` names the engine, `redisUrl` its accelerator. Resolves before that one is there. */
export async function aProcess(url: string, redisUrl: string, options: ProcessOptions = {}): Promise<Process> {
  const { store = 'store', log = silentLogger } = options
  const bare = await openEngine(url)
  await bare.migrate()
  const wanted = { url: redisUrl, prefix: 'wb:', ttlMs: 300_000 }
  const clocks = { clock: systemClock, steady: steadyClock }
  const accelerator = new Accelerator({ ...wanted, ...clocks, store, self: newId(), log })
  accelerator.start()
  const { engine, reader } = accelerated(bare, accelerator, true)
  return { engine, reader, accelerator, close: () => engine.close() }
}

/** Resolves once `holds`; the test's own time limit ends it otherwise. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(systemClock, 5, undefined, true)
}

export const isUp =
  ({ accelerator }: Pick<Process, 'accelerator'>) =>
  (): boolean =>
    accelerator.state === 'up'

export interface Read {
  record: JobRecord
  source: 'cache' | 'engine'
}

/** One job as a reader gets it. */
export async function readOf(reader: ReadEngine, id: string): Promise<Read> {
  const [found] = await reader.get([id])
  if (!found || isGone(found)) throw new Error(`job ${id} is not there`)
  return { record: found.record, source: found.source === 'cache' ? 'cache' : 'engine' }
}

/** A counter or gauge of `/metrics`. */
export function figure({ accelerator }: Pick<Process, 'accelerator'>, series: string): number {
  const line = accelerator
    .metrics()
    .split('\n')
    .find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1))
}
