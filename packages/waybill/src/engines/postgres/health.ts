// health: what the server is set to promise, and whether it answers. `durable` outlives a power cut; `relaxed` may lose
// the last moments; `volatile` may lose everything.
import type { EngineHealth } from '../../engine/engine.ts'
import type { Db, Row } from './db.ts'

const settings = `
SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages,
  pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only, to_regclass('wb.layout') IS NOT NULL AS there`

export class Health {
  readonly #db: Db
  #durability: EngineHealth['durability'] = 'durable'

  constructor(db: Db) {
    this.#db = db
  }

  async look(): Promise<EngineHealth> {
    try {
      const [row] = await this.#db.rows(settings)
      this.#durability = durabilityOf(row)
      return this.#as(problemOf(row))
    } catch (error) {
      return this.#as(error instanceof Error ? error.message : String(error))
    }
  }

  #as(problem: string | null): EngineHealth {
    return { kind: 'postgres', durability: this.#durability, problem }
  }
}

function durabilityOf(row: Row | undefined): EngineHealth['durability'] {
  if (row?.['fsync'] !== 'on' || row['pages'] !== 'on') return 'volatile'
  return row['commit'] === 'off' ? 'relaxed' : 'durable'
}

function problemOf(row: Row | undefined): string | null {
  if (row?.['read_only'] === true) return 'the server is read-only (a standby?); name the primary'
  return row?.['there'] === true ? null : 'the layout is missing; run: waybill migrate'
}
