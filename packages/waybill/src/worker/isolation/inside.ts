// The program in each child of an isolated worker: loads the module with the jobs, then runs them one after the other.
import type { AnyJobDefinition } from '../../job/definition.ts'
import { errorText } from '../../lib/error-text.ts'
import { isHandled } from '../run.ts'
import { handlersIn } from './handlers.ts'
import { openLine } from './line.ts'
import type { Order } from './messages.ts'
import { Running } from './running.ts'
import { becomeChild } from './where.ts'

let jobs: ReadonlyMap<string, AnyJobDefinition> = new Map()
let running: Running | null = null

becomeChild()
const line = openLine(hear)
await load()

async function load(): Promise<void> {
  try {
    const module: object = await import(line.module)
    jobs = handlersIn(module)
    line.say({ say: 'ready', types: [...jobs.keys()] })
  } catch (error) {
    line.say({ say: 'unusable', why: errorText(error) })
  }
}

function hear(order: Order): void {
  if (order.do === 'leave') process.exit()
  if (order.do !== 'run') return running?.hear(order)
  const definition = jobs.get(order.leased.record.type)
  if (!isHandled(definition)) throw new Error(`${line.module}: no handler for "${order.leased.record.type}"`)
  running = new Running(order, (word) => line.say(word))
  running.start(definition)
}
