// A store that was opened, brought to this version's layout or refused with what to do.
import type { Engine } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'

/** Closes the engine when it throws. */
export async function prepare(engine: Engine, { migrate }: { migrate: boolean }): Promise<void> {
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
