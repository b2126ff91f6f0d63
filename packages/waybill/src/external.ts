// waybill.external(): a job for work that is done outside any handler, stored and begun in one go.
import { refuseUnknown, defineJob } from './job/definition.ts'
import { newId, newSecret } from './lib/ids.ts'
import type { Duration } from './lib/duration.ts'
import { requestOf } from './submit/enqueue-options.ts'
import { Submit } from './submit/submit.ts'
import type { ExternalWork } from './worker/external-work.ts'
import { externalQueue, Externals } from './worker/externals.ts'
import type { Parts } from './parts.ts'

export interface ExternalOptions {
  /** The owner: who may watch and cancel it. Default: nobody but operators. */
  userId?: string
  input?: unknown
  id?: string
  title?: string
  subject?: string
  /** Hard limit. Default 30 min. */
  timeout?: Duration
}

const names: readonly (keyof ExternalOptions)[] = ['userId', 'input', 'id', 'title', 'subject', 'timeout']

/** Until it is begun it is scheduled for a time that never comes; not begun within a minute, it fails as `expired`. */
const neverMs = 86_400_000
const startWithinMs = 60_000

export class External {
  readonly #parts: Parts
  readonly #externals: Externals

  constructor(parts: Parts) {
    const { engine, settings, world } = parts
    this.#parts = parts
    this.#externals = new Externals({
      ...parts,
      engineUrl: engine.can.shared ? settings.engineUrl : null,
      leaseMs: settings.leaseMs,
      clock: world.steady,
      newId,
      chance: { random: world.random, newRef: () => `err_${newSecret(9)}` },
    })
  }

  async begin(type: string, options: ExternalOptions): Promise<ExternalWork> {
    refuseUnknown(options, names, 'external')
    const { input = null, ...rest } = options
    const job = defineJob({ type, queue: externalQueue })
    const { engine, control, settings, upkeep } = this.#parts
    upkeep.start()
    const policy = {
      ...settings.policy,
      retry: { ...settings.policy.retry, maxAttempts: 1 },
      maxLosses: 0,
      startWithinMs,
    }
    const submit = new Submit({
      engine,
      control,
      jobs: new Map([[type, job]]),
      policy,
      maxPending: settings.maxPending,
      newId,
    })
    const { record } = await submit.submit({ ...requestOf(job, input, rest), delayMs: neverMs })
    return this.#externals.adopt(record.id, this.#parts.jobs.get(type) ?? job)
  }

  stop(): Promise<void> {
    return this.#externals.stop()
  }
}
