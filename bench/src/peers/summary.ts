// Medians of what was measured, looked up by contestant and figure.
import { median } from '../figures.ts'
import type { Unit } from './measures/measure.ts'
import type { Outcome } from './rounds.ts'

export interface Summary {
  /** The median of all rounds. Undefined where nothing was measured. */
  of(contestant: string, figure: string): number | undefined
  /** The best of several contestants and figures. */
  best(contestants: string[], figures: string[]): number | undefined
  figures: { name: string; unit: Unit }[]
}

const more: Unit[] = ['jobs/s', 'updates/s', 'reads/s', 'x']

export function moreIsBetter(unit: Unit): boolean {
  return more.includes(unit)
}

export function summarise({ series }: Outcome): Summary {
  const units = new Map(series.map(({ figure, unit }) => [figure, unit]))
  const medians = new Map(series.map((one) => [key(one.contestant, one.figure), median(one.values)]))
  const of = (contestant: string, figure: string) => medians.get(key(contestant, figure))
  return {
    of,
    best(contestants, figures) {
      const values = contestants.flatMap((one) => figures.flatMap((figure) => of(one, figure) ?? []))
      if (values.length === 0) return undefined
      return moreIsBetter(units.get(figures[0] ?? '') ?? 'ms') ? Math.max(...values) : Math.min(...values)
    },
    figures: [...units].map(([name, unit]) => ({ name, unit })),
  }
}

function key(contestant: string, figure: string): string {
  return `${contestant}: ${figure}`
}
