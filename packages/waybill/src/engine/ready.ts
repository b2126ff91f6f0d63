// Brings a store that has just been opened to this version's layout, or says why it cannot be used.
import { WaybillError } from '../job/errors.ts'
import type { Engine } from './engine.ts'

/** Closes the engine when it cannot be used, and throws `engine_unavailable`. */
export async function makeReady(engine: Engine, migrate: boolean): Promise<void> {
  try {
    if (migrate) await engine.migrate()
    const { found, wanted } = await engine.schema()
    if (found === wanted) return
    const cure = found < wanted ? 'run `waybill migrate`' : 'run the version of Waybill that wrote it, or a newer one'
    throw new WaybillError('engine_unavailable', `the store has layout ${found}, this version needs ${wanted}; ${cure}`)
  } catch (error) {
    await engine.close()
    throw error
  }
}
