// Brings a store to this version's layout, or says why it cannot be used as it is.
import { WaybillError } from '../job/errors.ts'
import type { Engine } from './engine.ts'

/** Closes the engine and throws `engine_unavailable` when the store has another layout than this version works with. */
export async function prepare(engine: Engine, settings: { migrate: boolean }): Promise<void> {
  try {
    if (settings.migrate) await engine.migrate()
    const { found, wanted } = await engine.schema()
    if (found === wanted) return
    const cure = found < wanted ? 'run `waybill migrate`' : 'run the version of Waybill that wrote it, or a newer one'
    throw new WaybillError('engine_unavailable', `the store has layout ${found}, this version needs ${wanted}; ${cure}`)
  } catch (error) {
    await engine.close()
    throw error
  }
}
