// What the accelerator counts for `/metrics`.
import { Registry } from '../lib/prometheus.ts'

export class Tally {
  readonly #registry = new Registry()
  readonly #up = this.#registry.gauge('waybill_accelerator_up', '1 while the accelerator answers, 0 while it does not.')
  readonly #reads = this.#registry.counter(
    'waybill_accelerator_reads_total',
    'Jobs looked for in the status cache: hit, or miss (not there, or not to be believed).',
  )
  readonly #errors = this.#registry.counter('waybill_accelerator_errors_total', 'Calls and probes that failed.')
  readonly #drops = this.#registry.counter(
    'waybill_accelerator_dropped_total',
    'Writes to the status cache that were left out because too many waited.',
  )
  readonly #turns = this.#registry.counter(
    'waybill_accelerator_breaker_total',
    'How often the breaker opened and closed.',
  )

  constructor() {
    this.#up.set(0)
    for (const outcome of ['hit', 'miss']) this.#reads.add({ outcome }, 0)
    this.#errors.add({}, 0)
    this.#drops.add({}, 0)
    for (const to of ['open', 'closed']) this.#turns.add({ to }, 0)
  }

  turned(to: 'open' | 'closed'): void {
    this.#up.set(to === 'closed' ? 1 : 0)
    this.#turns.add({ to })
  }

  looked(hits: number, misses: number): void {
    this.#reads.add({ outcome: 'hit' }, hits)
    this.#reads.add({ outcome: 'miss' }, misses)
  }

  failed(): void {
    this.#errors.add()
  }

  dropped(count: number): void {
    this.#drops.add({}, count)
  }

  text(): string {
    return this.#registry.text()
  }
}
