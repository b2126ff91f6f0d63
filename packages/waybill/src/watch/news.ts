// What hints have said since the last round: which followed jobs to look at, or that anything may have changed.
import type { Hint } from '../engine/engine.ts'

/** Changed jobs named to filters; above it a filter's own read is cheaper. */
const mostNamed = 64

export class News {
  /** Look at everything that is followed. */
  all = false
  /** Look at what each filter matches. */
  filters = false
  /** Followed jobs to look at. */
  readonly ids: Set<string> = new Set()
  /** Few jobs that changed, which a filter may match. */
  readonly named: Set<string> = new Set()

  /** True when the hint concerns anyone. */
  add({ ids }: Hint, isWanted: (id: string) => boolean, anyFilter: boolean): boolean {
    if (ids === null) return (this.all = true)
    for (const id of ids) if (isWanted(id)) this.ids.add(id)
    if (anyFilter && ids.length > 0) this.#name(ids)
    return this.ids.size > 0 || this.named.size > 0 || this.filters
  }

  #name(ids: string[]): void {
    if (this.filters || this.named.size + ids.length > mostNamed) this.filters = true
    else for (const id of ids) this.named.add(id)
  }
}
