// A small writer of Prometheus' text format (version 0.0.4): counters, gauges and histograms of one registry, no globals.

type Labels = Record<string, string>

interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  lines(): string[]
}

export class Registry {
  readonly #families: Family[] = []

  counter(name: string, help: string): Series {
    return this.#add(new Series(name, help, 'counter'))
  }

  gauge(name: string, help: string): Series {
    return this.#add(new Series(name, help, 'gauge'))
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.#add(new Histogram(name, help, bounds))
  }

  text(): string {
    const blocks = this.#families.map((family) =>
      [
        `# HELP ${family.name} ${escapeHelp(family.help)}`,
        `# TYPE ${family.name} ${family.type}`,
        ...family.lines(),
      ].join('\n'),
    )
    return `${blocks.join('\n')}\n`
  }

  #add<F extends Family>(family: F): F {
    this.#families.push(family)
    return family
  }
}

/** A counter or gauge with any labels. */
export class Series implements Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly #values = new Map<string, number>()

  constructor(name: string, help: string, type: 'counter' | 'gauge') {
    this.name = name
    this.help = help
    this.type = type
  }

  add(labels: Labels = {}, by = 1): void {
    const key = labelText(labels)
    this.#values.set(key, (this.#values.get(key) ?? 0) + by)
  }

  set(value: number, labels: Labels = {}): void {
    this.#values.set(labelText(labels), value)
  }

  clear(): void {
    this.#values.clear()
  }

  lines(): string[] {
    return [...this.#values].map(([labels, value]) => `${this.name}${labels} ${number(value)}`)
  }
}

export class Histogram implements Family {
  readonly name: string
  readonly help: string
  readonly type = 'histogram' as const
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, { labels: Labels; bins: Bins }>()

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name
    this.help = help
    this.#bounds = bounds
  }

  observe(value: number, labels: Labels = {}): void {
    this.of(labels).observe(value)
  }

  /** The series of these labels, for those who observe often. */
  of(labels: Labels): Bins {
    const key = labelText(labels)
    let series = this.#series.get(key)
    if (!series) this.#series.set(key, (series = { labels, bins: new Bins(this.#bounds) }))
    return series.bins
  }

  lines(): string[] {
    return [...this.#series.values()].flatMap(({ labels, bins }) => [
      ...bins
        .cumulated()
        .map(
          (count, i) =>
            `${this.name}_bucket${labelText({ ...labels, le: number(this.#bounds[i] ?? Number.POSITIVE_INFINITY) })} ${count}`,
        ),
      `${this.name}_sum${labelText(labels)} ${number(bins.sum)}`,
      `${this.name}_count${labelText(labels)} ${bins.count}`,
    ])
  }
}

/** How many values fell at or below each bound, and above the last. */
export class Bins {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  sum = 0
  count = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    let i = 0
    while (i < this.#bounds.length && value > (this.#bounds[i] ?? 0)) i++
    this.#counts[i] = (this.#counts[i] ?? 0) + 1
    this.sum += value
    this.count++
  }

  cumulated(): number[] {
    let total = 0
    return this.#counts.map((count) => (total += count))
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
