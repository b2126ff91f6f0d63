// What a process counts of its own work, for `/metrics` (contract §7). Written by workers and upkeep, read at scrapes.
// No job id and no user is ever a label.
import { Registry, type Bins, type Histogram, type Series } from '../lib/prometheus.ts'
import type { EndStatus } from './status.ts'

/** For calls to the engine: a fast one takes a fraction of a millisecond, one with a deadline some seconds. */
const callSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const seconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1_800, 3_600]

export interface Finished {
  queue: string
  type: string
  outcome: EndStatus
  waitMs: number
  runMs: number
}

interface Kind {
  queue: string
  type: string
  ended: Record<EndStatus, number>
  wait: Bins
  run: Bins
}

const outcomes: readonly EndStatus[] = ['completed', 'failed', 'cancelled']

export class Telemetry {
  readonly #kinds = new Map<string, Kind>()
  readonly #registry = new Registry()
  readonly #finished: Series
  readonly #wait: Histogram
  readonly #run: Histogram
  readonly #expired: Series
  readonly #calls: Histogram
  readonly #callsByOp = new Map<string, Bins>()

  constructor() {
    const r = this.#registry
    this.#finished = r.counter(
      'waybill_jobs_finished_total',
      'Jobs that this process ended, by queue, type and outcome.',
    )
    this.#wait = r.histogram('waybill_job_wait_seconds', 'Time from runnable to begun.', seconds)
    this.#run = r.histogram('waybill_job_run_seconds', 'Time of the attempt that ended the job.', seconds)
    this.#expired = r.counter(
      'waybill_leases_expired_total',
      'Leases that ran out and whose jobs this process took back.',
    )
    this.#expired.add({}, 0)
    this.#calls = r.histogram('waybill_engine_op_seconds', 'Time of a call to the engine, by operation.', callSeconds)
  }

  finished({ queue, type, outcome, waitMs, runMs }: Finished): void {
    const kind = this.#kind(queue, type)
    kind.ended[outcome]++
    kind.wait.observe(waitMs / 1_000)
    kind.run.observe(runMs / 1_000)
  }

  leasesExpired(count: number): void {
    this.#expired.add({}, count)
  }

  engineOp(op: string, ms: number): void {
    let bins = this.#callsByOp.get(op)
    if (!bins) this.#callsByOp.set(op, (bins = this.#calls.of({ op })))
    bins.observe(ms / 1_000)
  }

  text(): string {
    for (const { queue, type, ended } of this.#kinds.values()) {
      for (const outcome of outcomes) this.#finished.set(ended[outcome], { queue, type, outcome })
    }
    return this.#registry.text()
  }

  // Tens of thousands of jobs a second may end: labels are looked up once a kind of job.
  #kind(queue: string, type: string): Kind {
    const key = `${queue} ${type}`
    let kind = this.#kinds.get(key)
    if (!kind) {
      const labels = { queue, type }
      kind = {
        queue,
        type,
        ended: { completed: 0, failed: 0, cancelled: 0 },
        wait: this.#wait.of(labels),
        run: this.#run.of(labels),
      }
      this.#kinds.set(key, kind)
    }
    return kind
  }
}
