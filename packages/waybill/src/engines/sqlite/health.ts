// Whether jobs can be stored at this moment: the file that is open must still be the one at its path, and a write must
// come through. What was written of late is proof enough; else a probe is written, at most one a second.
import { statSync } from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import { errorText } from '../../lib/error-text.ts'
import type { Db } from './db.ts'
import { foundLayout, wantedLayout } from './migrate.ts'

/** A write that came through proves for so long that others do. */
const proofMs = 2_000
/** An answer holds for so long: probes ask for a flush to disk, and anyone may ask for health. */
const answerMs = 1_000
/** As much as an ordinary job: a disk with room for less is full. */
const probeBytes = 64 * 1024
const putProbe = `INSERT OR REPLACE INTO roles (role, holder, expires_at) VALUES ('probe', ?, 0)`
const dropProbe = `DELETE FROM roles WHERE role = 'probe'`

export interface HealthParts {
  db: Db
  /** Null: in memory. */
  path: string | null
  clock: Clock
  write(run: () => void): Promise<void>
}

export class Health {
  readonly #parts: HealthParts
  readonly #identity: string | null
  #writtenAt: number | null = null
  #answer: { at: number; problem: Promise<string | null> } | null = null

  constructor(parts: HealthParts) {
    this.#parts = parts
    this.#identity = parts.path === null ? null : identityOf(parts.path)
  }

  /** A transaction came through. */
  written(): void {
    this.#writtenAt = this.#parts.clock.now()
  }

  /** One did not: nothing is proved any more. */
  failed(): void {
    this.#writtenAt = null
    this.#answer = null
  }

  /** Null when well, else what is wrong. Never rejects. */
  async problem(): Promise<string | null> {
    const now = this.#parts.clock.now()
    if (this.#answer && now - this.#answer.at < answerMs) return this.#answer.problem
    const problem = this.#look(now)
    this.#answer = { at: now, problem }
    return problem
  }

  async #look(now: number): Promise<string | null> {
    try {
      const moved = this.#moved()
      if (moved !== null) return moved
      if (foundLayout(this.#parts.db) !== wantedLayout) return null // there is nowhere to write yet
      if (this.#writtenAt === null || now - this.#writtenAt > proofMs) await this.#parts.write(() => this.#probe())
      return null
    } catch (error) {
      return errorText(error)
    }
  }

  #moved(): string | null {
    const { path } = this.#parts
    if (path === null) return null
    const identity = identityOf(path)
    if (identity === this.#identity) return null
    const what = identity === null ? 'deleted or moved away' : 'replaced by another one'
    return `the database file was ${what} while it was open: what is stored now would be lost; put it back if you can, and restart`
  }

  // Put and taken away in one transaction: pages are asked for and written, nothing stays.
  #probe(): void {
    this.#parts.db.sql(putProbe).run('x'.repeat(probeBytes))
    this.#parts.db.sql(dropProbe).run()
  }
}

function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found ? `${found.dev} ${found.ino}` : null
}
