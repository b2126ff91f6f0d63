// The bar chart for the README: one panel a question, Waybill and its peers in it, as an SVG without script or font of its
// own. Readable on light and dark pages: no background, colours by `prefers-color-scheme`.
import { median } from '../figures.ts'
import { contestants, type StoreName } from './contestants.ts'
import { moreIsBetter, type Summary } from './summary.ts'

interface Panel {
  title: string
  unit: 'jobs/s' | 'ms'
  figures: string[]
}

interface Bar {
  name: string
  value: number
  ours: boolean
}

const drains = [1, 50, 200].map((concurrency) => `drain, concurrency ${concurrency}`)
const questions: Panel[] = [
  { title: 'drain, jobs/s at the best concurrency', unit: 'jobs/s', figures: drains },
  { title: 'enqueue with 64 callers in flight, jobs/s', unit: 'jobs/s', figures: ['enqueue, 64 in flight'] },
  { title: 'from enqueue to the start of the job, ms (p50; shorter is better)', unit: 'ms', figures: ['pickup, p50'] },
]
const stores: [StoreName, string][] = [
  ['redis', 'Redis'],
  ['postgres', 'PostgreSQL'],
  ['sqlite', 'SQLite'],
]

const width = 860
const row = 20
const labels = 170
const bars = 560

const style = `
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-weight: 600; fill: #1f2328 }
  .ours { fill: #0a7d4f } .peer { fill: #b3bac2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9da7b1 } .title { fill: #e6edf3 } .ours { fill: #3fb97f } .peer { fill: #4b545e }
  }`

export function chart(summary: Summary, caption: string): string {
  const parts: string[] = []
  let y = 0
  for (const question of questions)
    for (const [store, label] of stores) {
      const rows = barsOf(summary, store, question)
      if (rows.length === 0) continue
      parts.push(panel(`${label}: ${question.title}`, rows, y))
      y += row * (rows.length + 1) + 18
    }
  parts.push(`<text x="0" y="${y + 10}">${escaped(caption)}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 20}" role="img" aria-label="Waybill beside other job queues">
<style>${style}</style>
${parts.join('\n')}
</svg>
`
}

/** Best first. */
function barsOf(summary: Summary, store: StoreName, { figures, unit }: Panel): Bar[] {
  const found = contestants
    .filter((one) => one.store === store)
    .flatMap(({ name, package: its }) => {
      const value = summary.best([name], figures)
      return value === undefined ? [] : [{ name, value, ours: its === 'waybill' }]
    })
  return found.toSorted((a, b) => (moreIsBetter(unit) ? b.value - a.value : a.value - b.value))
}

function panel(title: string, rows: Bar[], y: number): string {
  // One that is far off does not flatten all others: its bar is cut, and says so.
  const middle = median(rows.map(({ value }) => value))
  const longest = Math.max(...rows.map(({ value }) => value).filter((value) => value <= 20 * middle))
  const lines = rows.map(({ name, value, ours }, i) => {
    const at = y + row * (i + 1)
    const long = Math.min(bars, Math.max(1, (value / longest) * bars))
    const cut = value > longest ? ' (bar cut)' : ''
    return [
      `<text x="${labels - 8}" y="${at + 14}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${ours ? 'ours' : 'peer'}" x="${labels}" y="${at + 3}" width="${long.toFixed(1)}" height="${row - 6}" rx="2"/>`,
      `<text x="${(labels + long + 6).toFixed(1)}" y="${at + 14}">${shown(value)}${cut}</text>`,
    ].join('')
  })
  return [`<text class="title" x="0" y="${y + 14}">${escaped(title)}</text>`, ...lines].join('\n')
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
