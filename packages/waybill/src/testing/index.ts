// waybill/testing: jobs in unit tests, without real time. For any test runner.
import type { SettingOptions } from '../config/resolve.ts'
import { openEngine } from '../engines/registry.ts'
import { Waybill } from '../index.ts'
import { refuseUnknown, type AnyJobDefinition } from '../job/definition.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import { silentLogger, type Logger } from '../lib/log.ts'
import type { World } from '../parts.ts'
import { Crew } from './crew.ts'
import { Faults } from './faults.ts'
import { Store } from './store.ts'
import { TestWaybill } from './test-waybill.ts'
import { VirtualClock } from './virtual-clock.ts'

export type { Fault, FaultyVerb } from './faults.ts'
export type { HistoryEntry } from './history.ts'
export { TestWaybill } from './test-waybill.ts'

export interface TestOptions {
  /** The types of job under test. */
  jobs: readonly AnyJobDefinition[]
  /** Default `sqlite::memory:`. Give another store a database of its own: its jobs are taken for the test's. */
  engine?: string
  /** What the clock shows at first. Default: the present. */
  now?: Date | string
  /** Settings that the test is about, such as `{ concurrency: 1 }`. The environment and `.env` count for nothing here. */
  settings?: Omit<SettingOptions, 'engine'>
  /** Default: says nothing. */
  logger?: Logger
  /** Real time in which a running handler must do something before the test is given up. Default 2 s. */
  patience?: Duration
}

const names: readonly (keyof TestOptions)[] = ['jobs', 'engine', 'now', 'settings', 'logger', 'patience']

/** Opens a store, starts a worker. `await using t = await testWaybill({ jobs })`, or `await t.close()` in the end. */
export async function testWaybill(options: TestOptions): Promise<TestWaybill> {
  refuseUnknown(options, names, 'testWaybill')
  const { jobs, settings, engine = 'sqlite::memory:', logger = silentLogger, patience = '2s' } = options
  const clock = new VirtualClock(timeOf(options.now ?? new Date()))
  const faults = new Faults(clock)
  const { world, opened } = worldOf(clock, faults)
  const waybill = new Waybill({ ...settings, jobs, engine, logger }, {}, import.meta.dirname, world)
  const parts = await waybill.parts()
  const store = await opened
  parts.upkeep.start()
  const crew = new Crew(parts)
  const runs = (type: string) => parts.operate.runnable.get(type)?.run !== undefined
  const patienceMs = toMs(patience, 'testWaybill: patience')
  return new TestWaybill({ waybill, clock, faults, store, crew, runs, patienceMs })
}

// Its clock is the test's also for a store with a clock of its own: that one is moved by what lies between them.
function worldOf(clock: VirtualClock, faults: Faults): { world: World; opened: Promise<Store> } {
  const { promise: opened, resolve } = Promise.withResolvers<Store>()
  const open: World['open'] = async (url) => {
    const real = await openEngine(url, { now: () => clock.now(), clockOffset: () => clock.now() - Date.now() })
    const store = new Store(real, faults)
    resolve(store)
    return store.engine
  }
  return { world: { clock, steady: clock.forWorkers, random: () => 0.5, open }, opened }
}

function timeOf(given: Date | string): number {
  const at = new Date(given).getTime()
  if (Number.isFinite(at)) return at
  throw new RangeError(`testWaybill: now: expected a date such as "2026-03-29T00:00:00Z", got ${JSON.stringify(given)}`)
}
