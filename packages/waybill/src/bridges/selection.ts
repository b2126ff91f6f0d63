// Which jobs a bridge is about: those of some queues, of some types, or all.
import { WaybillError } from '../job/errors.ts'
import { isName } from '../job/limits.ts'
import type { JobRecord } from '../job/record.ts'

export interface SelectionOptions {
  /** Jobs of these queues alone. Default: all. */
  queues?: readonly string[]
  /** Jobs of these types alone. Default: all. */
  types?: readonly string[]
}

export const selectionNames: readonly (keyof SelectionOptions)[] = ['queues', 'types']

export class Selection {
  readonly #queues: readonly string[] | null
  readonly #types: readonly string[] | null

  constructor({ queues, types }: SelectionOptions, where: string) {
    for (const [what, names] of [['queues', queues] as const, ['types', types] as const]) {
      const bad = names?.length === 0 ? '' : names?.find((name) => !isName(name))
      if (bad !== undefined) throw new WaybillError('bad_request', `${where}: ${what}: expected names, got "${bad}"`)
    }
    this.#queues = queues ?? null
    this.#types = types ?? null
  }

  has({ queue, type }: Pick<JobRecord, 'queue' | 'type'>): boolean {
    return (this.#queues?.includes(queue) ?? true) && (this.#types?.includes(type) ?? true)
  }

  /** What the store is asked for: together these find all, and perhaps more. */
  get filters(): { queue?: string; type?: string }[] {
    return this.#queues?.map((queue) => ({ queue })) ?? this.#types?.map((type) => ({ type })) ?? [{}]
  }

  /** For names of roles and messages. */
  get text(): string {
    return [...(this.#queues ?? []), ...(this.#types ?? [])].join(',') || 'all'
  }
}
