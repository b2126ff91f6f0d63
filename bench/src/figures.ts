// What a bench hands back: named figures, each with its unit, and ratios between figures of the same run.

export interface Figure {
  name: string
  value: number
  unit: 'jobs/s' | 'req/s' | 'ms' | 'MB' | 'KB' | 'B/job' | 'x' | 'reads' | 'changes'
  /** What the project wants of it on a 2-core machine; printed beside the figure, never asserted. */
  target?: { at: 'least' | 'most'; value: number }
}

/** How much work a run does: `full` for figures to quote, `small` to see that the bench still runs. */
export type Size = 'full' | 'small'

/** One measurement: a name, and what it does. Each runs in a process of its own. */
export interface Bench {
  name: string
  run(size: Size): Promise<Figure[]>
}

export function perSecond(count: number, ms: number): number {
  return Math.round((count / ms) * 1_000)
}

/** The value below which a share `p` of the samples lies. */
export function quantile(samples: number[], p: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN
}

export function median(samples: number[]): number {
  return quantile(samples, 0.5)
}

export function line({ name, value, unit, target }: Figure): string {
  const shown = value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
  const wish = target ? `  (${target.at === 'least' ? '≥' : '≤'} ${target.value.toLocaleString('en')})` : ''
  return `${name.padEnd(48)} ${shown.padStart(10)} ${unit}${wish}`
}
