// Puts an accelerator in front of an engine, if one is wanted: it connects by itself, now or whenever it appears.
import type { Engine, ReadEngine } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import { newSecret } from '../lib/ids.ts'
import { isObject } from '../lib/json.ts'
import type { Logger } from '../lib/log.ts'
import type { Accelerator } from './accelerator.ts'

/** What is wanted of it (config/settings.ts). */
export interface Wanted {
  url: string
  prefix: string
  ttlMs: number
}

export interface Opened {
  engine: Engine
  /** For those who only read. */
  reader: ReadEngine
  /** Null: none is wanted. */
  accelerator: Accelerator | null
}

export interface OpenParts {
  clock: Clock
  steady: Clock
  log: Logger
}

/** The engine's layout must be current; when it fails here, it is closed. Does not wait for the accelerator. */
export async function openAccelerator(engine: Engine, wanted: Wanted | null, parts: OpenParts): Promise<Opened> {
  if (wanted === null) return { engine, reader: engine, accelerator: null }
  const store = await nameOf(engine).catch(async (error: unknown) => {
    await engine.close()
    throw error
  })
  const [{ Accelerator }, { accelerated }] = await Promise.all([import('./accelerator.ts'), import('./accelerated.ts')])
  const accelerator = new Accelerator({ ...wanted, ...parts, store, self: newSecret(9) })
  accelerator.start()
  // An engine that works in this very process is nearer than any cache.
  return { ...accelerated(engine, accelerator, engine.can.remote), accelerator }
}

// Several stores may share one Redis, and may have jobs of the same id: each has a name of its own, made once.
async function nameOf(engine: Engine): Promise<string> {
  await engine.putDoc('store', 'name', { name: newSecret(9) }, 0)
  const [doc] = await engine.docs('store', 'name')
  const name = isObject(doc?.body) ? doc.body['name'] : undefined
  if (typeof name === 'string') return name
  throw new Error('the store has no name; was its document "store/name" written by hand?')
}
