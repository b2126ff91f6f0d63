// `npm run bench:watch [-- --only pollers,status] [--quick] [--json FILE]`: what it costs to be watched, next to what one
// would write instead. Servers and processes of a measurement end with it; a missed target is said, and fails nothing.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Figure } from '../figures.ts'
import { machine, machineLine } from '../machine.ts'
import { full, quick } from './extent.ts'
import { measures } from './measures.ts'
import { told } from './report.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'string' },
  },
})

const wanted = values.only?.split(',')
const unknown = wanted?.filter((name) => !measures.some((one) => one.name === name)) ?? []
if (unknown.length > 0)
  throw new Error(`--only ${unknown.join(',')}: there are ${measures.map(({ name }) => name).join(', ')}`)

const here = machine()
console.log(machineLine(here))
const found: Record<string, Figure[]> = {}
for (const measure of measures.filter(({ name }) => !wanted || wanted.includes(name))) {
  console.log(`\n${measure.name}`)
  const figures = await measure.run(values.quick ? quick : full)
  for (const figure of figures) console.log(`  ${told(figure)}`)
  found[measure.name] = figures
}
if (values.json)
  writeFileSync(values.json, `${JSON.stringify({ at: new Date().toISOString(), machine: here, found }, null, 2)}\n`)
