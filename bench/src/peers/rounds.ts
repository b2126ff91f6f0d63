// Round after round, every contestant in every measurement, side by side: what one machine does at one time is compared.
import { setTimeout as pause } from 'node:timers/promises'
import { machine, type Machine, machineLine } from '../machine.ts'
import type { Contestant, StoreName } from './contestants.ts'
import type { Director } from './director.ts'
import type { Extent } from './extent.ts'
import { measures } from './measures.ts'
import type { Found, Measure, Stage, Unit } from './measures/measure.ts'
import { recoveries } from './measures/recovery.ts'
import { canPin } from './processor.ts'
import { openStore, type Store } from './stores.ts'

/** All values of one figure of one contestant, one or more a round. */
export interface Series {
  contestant: string
  figure: string
  unit: Unit
  values: number[]
}

export interface Outcome {
  machines: Machine[]
  /** Whether lone round trips were bound to processors. */
  pinned: boolean
  stores: Partial<Record<StoreName, string>>
  series: Series[]
  /** What did not run, and why. */
  failures: string[]
}

export interface Plan {
  director: Director
  contestants: Contestant[]
  extent: Extent
  /** Which measurements run at all. */
  wants: (measure: string, onlyWhenAsked?: boolean) => boolean
  /** Told after each round, so that a run that is broken off leaves something. */
  sofar(outcome: Outcome): void
}

export async function compare(plan: Plan): Promise<Outcome> {
  const outcome: Outcome = { machines: [], pinned: canPin, stores: {}, series: [], failures: [] }
  for (let round = 0; round < plan.extent.rounds; round++) {
    const here = machine()
    outcome.machines.push(here)
    console.error(`round ${round + 1} of ${plan.extent.rounds}: ${machineLine(here)}`)
    for (const name of ['redis', 'postgres', 'sqlite'] as const) await oneStore(name, plan, outcome)
    plan.sofar(outcome)
  }
  if (plan.wants('recovery'))
    for (const { contestant, found } of await recoveries(plan.director, plan.contestants, plan.extent))
      if (found instanceof Error) fail(outcome, contestant, 'recovery', found)
      else note(outcome, contestant, found)
  return outcome
}

async function oneStore(name: StoreName, plan: Plan, outcome: Outcome): Promise<void> {
  const here = plan.contestants.filter((one) => one.store === name)
  if (here.length === 0) return
  const store = await openStore(name, plan.extent.durable)
  outcome.stores[name] = store.version
  try {
    for (const turn of turns(here, plan)) await play(store, turn, plan, outcome)
  } finally {
    await store.stop()
  }
}

/** One contestant on an empty store of its own. */
interface Turn {
  contestant: Contestant
  measures: Measure[]
}

function turns(contestants: Contestant[], plan: Plan): Turn[] {
  const wanted = measures(plan.extent).filter((one) => plan.wants(one.name, one.onlyWhenAsked))
  if (plan.extent.oneStoreEach) return contestants.map((contestant) => ({ contestant, measures: wanted }))
  return wanted.flatMap((measure) => contestants.map((contestant) => ({ contestant, measures: [measure] })))
}

async function play(store: Store, turn: Turn, plan: Plan, outcome: Outcome): Promise<void> {
  const { contestant } = turn
  const fresh = await store.fresh()
  for (const measure of [prepare, ...turn.measures]) {
    const found = await tried({ director: plan.director, contestant, store: fresh, extent: plan.extent }, measure)
    if (found instanceof Error) fail(outcome, contestant.name, measure.name, found)
    else note(outcome, contestant.name, found)
  }
  await fresh.drop()
}

const prepare: Measure = {
  name: 'prepare',
  async run({ director, contestant, store }) {
    await director.start({ contestant, url: store.url }, 'prepare', {}).result
    return []
  },
}

/** A contestant that fails in one measurement is left out of that one alone, and the failure is shown. */
async function tried(stage: Stage, measure: Measure): Promise<Found[] | Error> {
  const over = new AbortController()
  try {
    return await Promise.race([measure.run(stage), tooLong(stage.extent, over)])
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    over.abort()
    stage.director.clear()
  }
}

async function tooLong({ measureLimitMs }: Extent, { signal }: AbortController): Promise<Error> {
  await pause(measureLimitMs, null, { signal }).catch(() => {})
  return new Error(`not done within ${measureLimitMs / 1_000} s`)
}

function note({ series }: Outcome, contestant: string, found: Found[]): void {
  for (const { figure, unit, value } of found) {
    console.error(`  ${contestant.padEnd(24)} ${figure.padEnd(34)} ${value.toFixed(2)} ${unit}`)
    const known = series.find((one) => one.contestant === contestant && one.figure === figure)
    if (known) known.values.push(value)
    else series.push({ contestant, figure, unit, values: [value] })
  }
}

function fail({ failures }: Outcome, contestant: string, measure: string, error: Error): void {
  failures.push(`${contestant}: ${measure}: ${error.message}`)
  console.error(`  ${contestant.padEnd(24)} ${measure} failed:`, error)
}
