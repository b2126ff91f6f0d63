// `npm run bench [-- NAME…] [--small] [--json FILE]`: each measurement in a process of its own, figures and ratios at
// the end. Load and calibration of the machine are printed first, since figures of a busy machine mean little.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { benches } from './benches.ts'
import { type Figure, line } from './figures.ts'
import { machine, machineLine } from './machine.ts'

const self = fileURLToPath(import.meta.url)

if (process.argv[2] === 'one') await one(process.argv[3] ?? '', process.argv[4] === 'small')
else await all()

async function one(name: string, small: boolean): Promise<void> {
  const bench = benches.find((b) => b.name === name)
  if (!bench) throw new Error(`no bench is named "${name}"; there are ${benches.map((b) => b.name).join(', ')}`)
  process.send?.(await bench.run(small ? 'small' : 'full'))
  process.disconnect?.()
}

async function all(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { small: { type: 'boolean', default: false }, json: { type: 'string' } },
  })
  const here = machine()
  console.log(machineLine(here))
  const figures: Figure[] = []
  for (const { name } of benches.filter((b) => positionals.length === 0 || positionals.includes(b.name))) {
    for (const figure of await inOwnProcess(name, values.small)) {
      figures.push(figure)
      console.log(line(figure))
    }
  }
  if (values.json)
    writeFileSync(values.json, `${JSON.stringify({ at: new Date().toISOString(), machine: here, figures }, null, 2)}\n`)
}

async function inOwnProcess(name: string, small: boolean): Promise<Figure[]> {
  const child = fork(self, ['one', name, small ? 'small' : 'full'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let figures: Figure[] = []
  child.on('message', (message: Figure[]) => (figures = message))
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`bench ${name} ended with exit code ${code}`)
  return figures
}
