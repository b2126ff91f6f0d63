// The one place where the parts are put together: store, accelerator, writers, readers. Opened once by waybill.ts; the faces
// (HTTP, command line) work with what comes of it.
import type { Accelerator } from './accelerator/accelerator.ts'
import { openAccelerator } from './accelerator/open.ts'
import { Bridges, checkBridges } from './bridges/bridges.ts'
import type { Bridge } from './bridges/desk.ts'
import { Dialect } from './bridges/dialect.ts'
import { bridgePlace } from './config/accelerator.ts'
import type { Settings } from './config/settings.ts'
import type { Engine } from './engine/engine.ts'
import { measured } from './engine/measured.ts'
import { withOwnWritesTold } from './engine/own-writes.ts'
import { makeReady } from './engine/ready.ts'
import { openEngine } from './engines/registry.ts'
import { tokenSecret } from './foreign/token-secret.ts'
import type { Random } from './job/decide.ts'
import type { AnyJobDefinition } from './job/definition.ts'
import { Telemetry } from './job/telemetry.ts'
import { systemRandom } from './lib/chance.ts'
import { steadyClock, systemClock, type Clock } from './lib/clock.ts'
import { newId, newSecret } from './lib/ids.ts'
import type { Logger } from './lib/log.ts'
import { Operate } from './operate/operate.ts'
import { Batches } from './submit/batches.ts'
import { Control } from './submit/control.ts'
import { Schedules } from './submit/schedules.ts'
import { Submit } from './submit/submit.ts'
import type { Firing } from './upkeep/fire.ts'
import { sweepQuotas } from './upkeep/quotas.ts'
import { Upkeep } from './upkeep/upkeep.ts'
import { Watch } from './watch/watch.ts'

/** What the parts take from the machine: its clocks, its chance, the way to the store. Tests bring their own. */
export interface World {
  clock: Clock
  /** For spans; never set back. */
  steady: Clock
  random: Random
  open(engineUrl: string): Promise<Engine>
}

export const thisWorld: World = {
  clock: systemClock,
  steady: steadyClock,
  random: systemRandom,
  open: (engineUrl) => openEngine(engineUrl),
}

/** Everything below the public API, for the faces (HTTP, command line). */
export interface Parts {
  settings: Settings
  engine: Engine
  /** Null: none is set. */
  accelerator: Accelerator | null
  submit: Submit
  control: Control
  schedules: Schedules
  batches: Batches
  watch: Watch
  operate: Operate
  bridges: Bridges
  /** Further routes of the HTTP face. */
  dialects: readonly Dialect[]
  upkeep: Upkeep
  telemetry: Telemetry
  jobs: ReadonlyMap<string, AnyJobDefinition>
  log: Logger
  clock: Clock
  world: World
}

export interface PartsWanted {
  settings: Settings
  jobs: ReadonlyMap<string, AnyJobDefinition>
  bridges: readonly (Bridge | Dialect)[]
  log: Logger
  world: World
}

/** Opens the store, and brings it to this version's layout unless the settings forbid it. */
export async function openParts({ settings, jobs, bridges: wanted, log, world }: PartsWanted): Promise<Parts> {
  const wantedBridges = wanted.filter(isNoDialect)
  checkBridges(wantedBridges, bridgePlace(settings).redis)
  const { clock, steady, random } = world
  const telemetry = new Telemetry()
  const store = measured(await world.open(settings.engineUrl), steady, telemetry)
  await makeReady(store, settings.migrate)
  const front = { clock, steady, log }
  const { engine: shared, reader, accelerator } = await openAccelerator(store, settings.accelerator, front)
  const watch = new Watch({
    engine: reader,
    clock: steady,
    basePath: settings.basePath,
    onError: (error) => log.warn({ error }, 'watchers could not be told of changes; looking again soon'),
  })
  const engine = withOwnWritesTold(shared, (id) => watch.changedHere(id))
  const { policy, maxPending, tiers } = settings
  const control = new Control(engine, jobs)
  const submit = new Submit({ engine, control, jobs, policy, maxPending, newId, tiers })
  const batches = new Batches({ engine, submit, control, newId })
  const schedules = new Schedules(engine, submit)
  const firing: Firing = { knows: (type) => jobs.has(type), fire: (...slots) => schedules.fire(...slots) }
  const operate = new Operate({ engine, settings, jobs, control, watch, log, telemetry, clock: steady, random })
  const holder = newId()
  const secret = () => tokenSecret(engine, settings.auth.tokenSecret)
  const chance = { random, newRef, newId }
  const bridges = new Bridges(wantedBridges, {
    ...{ engine, watch, log, telemetry, clock, secret },
    ...chance,
    ...bridgePlace(settings),
  })
  const more = [...operate.roles, ...bridges.roles, sweepQuotas(submit.quotas, engine, holder)]
  const owned = { random, newRef, holder, batches, firing, more }
  return {
    telemetry,
    settings,
    engine,
    accelerator,
    jobs,
    log,
    clock,
    world,
    submit,
    schedules,
    control,
    batches,
    watch,
    operate,
    bridges,
    dialects: wanted.filter((one) => one instanceof Dialect),
    upkeep: new Upkeep({ engine, clock, log, telemetry, ...owned }),
  }
}

/** A handle for an error, which its owner may be shown and operators find. */
export const newRef = (): string => `err_${newSecret(9)}`

function isNoDialect(bridge: Bridge | Dialect): bridge is Bridge {
  return !(bridge instanceof Dialect)
}
