// What operators work with, put together: queues, bulk actions, workers, types, and the record of who did what.
import { hostname } from 'node:os'
import type { Settings } from '../config/settings.ts'
import type { Engine } from '../engine/engine.ts'
import type { Random } from '../job/decide.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import type { Telemetry } from '../job/telemetry.ts'
import type { Clock } from '../lib/clock.ts'
import { newId, newSecret } from '../lib/ids.ts'
import type { Logger } from '../lib/log.ts'
import type { Control } from '../submit/control.ts'
import { Submit } from '../submit/submit.ts'
import type { Role } from '../upkeep/loop.ts'
import type { Watch } from '../watch/watch.ts'
import { Worker } from '../worker/worker.ts'
import { Audit } from './audit.ts'
import { Bulk } from './bulk/bulk.ts'
import { bulkJob, systemQueue } from './bulk/job.ts'
import { housekeeper } from './housekeeper.ts'
import { Queues } from './queues.ts'
import { Rates } from './rates.ts'
import { Staff } from './staff.ts'
import { typesOf, type TypeDescription } from './types.ts'

export interface OperateParts {
  settings: Settings
  engine: Engine
  control: Control
  watch: Watch
  telemetry: Telemetry
  /** The types of this Waybill, without the system's own. */
  jobs: ReadonlyMap<string, AnyJobDefinition>
  log: Logger
  /** For spans. */
  clock: Clock
  random: Random
}

export class Operate {
  readonly queues: Queues
  readonly bulk: Bulk
  readonly staff: Staff
  readonly audit: Audit
  /** What workers must be able to run: all types, and the system's own. */
  readonly runnable: ReadonlyMap<string, AnyJobDefinition>
  readonly #parts: OperateParts

  constructor(parts: OperateParts) {
    const { engine, settings, jobs, control, watch, clock } = parts
    const system: AnyJobDefinition = bulkJob(parts)
    const { policy, maxPending } = settings
    this.#parts = parts
    this.queues = new Queues(engine, jobs, new Rates(watch, clock))
    this.bulk = new Bulk(
      engine,
      new Submit({ engine, control, jobs: new Map([[system.type, system]]), policy, maxPending, newId }),
    )
    this.staff = new Staff(engine)
    this.audit = new Audit(engine)
    this.runnable = new Map([...jobs, [system.type, system]])
  }

  types(): TypeDescription[] {
    return typesOf(this.#parts.jobs.values(), this.#parts.log)
  }

  /** Its share of upkeep. */
  get roles(): Role[] {
    return [housekeeper(this.#parts.engine, this.#parts.clock, () => this.#worker())]
  }

  // Leases are renewed on the main loop: a thread for a job that only waits for the store would be too much.
  #worker(): Worker {
    const { engine, settings, log, telemetry, clock, random } = this.#parts
    return new Worker({
      engine,
      engineUrl: null,
      jobs: this.runnable,
      log,
      telemetry,
      clock,
      newId,
      queues: [systemQueue],
      concurrency: 1,
      leaseMs: settings.leaseMs,
      shutdownGraceMs: 0,
      name: `${hostname()}:${process.pid} housekeeper`,
      chance: { random, newRef: () => `err_${newSecret(9)}` },
    })
  }
}
