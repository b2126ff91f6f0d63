// The metrics of one HTTP face (contract §7), counted as requests come; what the engine knows is read at scrape.
import type { Parts } from '../../parts.ts'
import { statuses } from '../../job/status.ts'
import type { Source } from '../../watch/near-cache.ts'
import { Registry, type Series } from '../../lib/prometheus.ts'

type Scraped = Pick<Parts, 'engine' | 'accelerator' | 'telemetry'>

export class HttpMetrics {
  readonly #registry = new Registry()
  readonly #reads: Series
  readonly #submitted: Series
  readonly #jobs: Series
  readonly #oldest: Series
  readonly #workers: Series
  readonly #streams: Series
  readonly #sources: Record<Source, number> = { memory: 0, cache: 0, engine: 0, archive: 0 }

  constructor() {
    const r = this.#registry
    this.#submitted = r.counter('waybill_jobs_submitted_total', 'Jobs stored through this server, by queue and type.')
    this.#reads = r.counter('waybill_status_reads_total', 'Reads of a single job, by where they were served from.')
    this.#jobs = r.gauge('waybill_queue_jobs', 'Jobs kept, by queue and status.')
    this.#oldest = r.gauge('waybill_queue_oldest_seconds', 'Age of the oldest pending job of a queue.')
    this.#workers = r.gauge('waybill_workers', 'Workers that are known and alive.')
    this.#streams = r.gauge('waybill_streams', 'Event streams open on this server.')
  }

  submitted(queue: string, type: string): void {
    this.#submitted.add({ queue, type })
  }

  read(source: Source): void {
    this.#sources[source]++
  }

  /** The text for a scrape. */
  async text({ engine, accelerator, telemetry }: Scraped, streams: number): Promise<string> {
    const [queues, workers] = await Promise.all([engine.queues(), engine.workers()])
    const now = engine.now()
    this.#jobs.clear()
    this.#oldest.clear()
    for (const { queue, counts, oldestPendingAt } of queues) {
      for (const status of statuses) this.#jobs.set(counts[status], { queue, status })
      this.#oldest.set(oldestPendingAt === null ? 0 : Math.max(0, now - oldestPendingAt) / 1_000, { queue })
    }
    this.#workers.set(workers.length)
    this.#streams.set(streams)
    for (const source of ['memory', 'cache', 'engine', 'archive'] as const)
      this.#reads.set(this.#sources[source], { source })
    return telemetry.text() + (accelerator?.metrics() ?? '') + this.#registry.text()
  }
}
