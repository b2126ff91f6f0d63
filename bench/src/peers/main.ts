// `npm run bench:peers [-- --quick] [--only redis,bullmq] [--measure drain,latency] [--rounds 3] [--json FILE] [--chart FILE]`:
// Waybill on each engine beside its peers, in turn, round after round. Progress on standard error, the tables on standard
// output; a run of everything also writes bench/results/peers.json and docs/images/peers.svg.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chart } from './chart.ts'
import { compile } from './compile.ts'
import { contestants } from './contestants.ts'
import { full, quick } from './extent.ts'
import { inline } from './inline.ts'
import { processes } from './processes.ts'
import { report } from './report.ts'
import { compare, type Outcome } from './rounds.ts'
import { summarise } from './summary.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    measure: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
    chart: { type: 'string' },
  },
})

const chosen = contestants.filter(({ name, store }) => wants(values.only, name) || wants(values.only, store))
if (chosen.length === 0)
  throw new Error(`--only ${values.only} names none of: ${contestants.map((one) => one.name).join(', ')}`)
const compiled = values.quick ? null : compile()
const director = compiled ? processes(compiled.program) : inline
// Only a run of everything replaces the figures that the project shows.
const complete = !values.quick && values.only === undefined && values.measure === undefined
const json = values.json ?? (complete ? inWorkspace('bench/results/peers.json') : undefined)
const svg = values.chart ?? (complete ? inWorkspace('docs/images/peers.svg') : undefined)
const extent = { ...(values.quick ? quick : full) }
if (values.rounds) extent.rounds = Number(values.rounds)

try {
  const outcome = await compare({
    director,
    contestants: chosen,
    extent,
    // What takes processes of their own is not in a quick run.
    wants: (measure, onlyWhenAsked) =>
      (values.measure !== undefined || !onlyWhenAsked) &&
      wants(values.measure, measure) &&
      !(values.quick && ['recovery', 'idle'].includes(measure)),
    sofar: save,
  })
  save(outcome)
  console.log(report(outcome))
  if (svg) write(svg, chart(summarise(outcome), caption(outcome)))
  if (outcome.failures.length > 0) process.exitCode = 1
} finally {
  director.clear()
  compiled?.remove()
}

/** A list of words, each of which may be the beginning of a name. Nothing asked for is everything. */
function wants(list: string | undefined, name: string): boolean {
  return list === undefined || list.split(',').some((word) => name.startsWith(word.trim()))
}

function save(outcome: Outcome): void {
  if (json) write(json, `${JSON.stringify({ at: new Date().toISOString(), ...outcome }, null, 2)}\n`)
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function caption({ machines, stores }: Outcome): string {
  const here = machines[0]
  const what = Object.values(stores).map((one) => one.split(',')[0])
  return `${here?.processors} processors, Node ${here?.node}, ${what.join(', ')}; medians of ${machines.length} rounds; Waybill at its defaults`
}

function inWorkspace(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url))
}
