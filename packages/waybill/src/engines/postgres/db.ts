// The one place that touches the driver: a small pool, statements with a deadline, transactions that are run again when
// two collide. Unnamed statements only and no state in a session: any connection may be another one the next time, as
// behind PgBouncer. A connection that was late or broke is thrown away, never given back.
import type { Pool, PoolClient } from 'pg'
import { pause, type Clock } from '../../lib/clock.ts'
import { isCollision, isOutage, Overdue, storeError } from './errors.ts'

export type Row = Record<string, unknown>
export type Value = string | number | boolean | null | (string | number | boolean | null)[]

/** What statements run on: the pool (each by itself), or one connection within a transaction. */
export interface Session {
  rows(text: string, values?: Value[]): Promise<Row[]>
}

/** A call to the engine ends within this, come what may (ms). */
const patience = 1_700
/** A late answer that has arrived already is taken all the same: the process itself may have been busy. */
const graceMs = 50
const mostTries = 20

export class Db implements Session {
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #schema: string
  readonly #texts = new Map<string, string>()

  constructor(pool: Pool, schema: string, clock: Clock) {
    this.#pool = pool
    this.#schema = schema
    this.#clock = clock
  }

  /** One statement by itself. Run again when it collided with another: then nothing of it has happened. */
  rows(text: string, values: Value[] = [], ms: number = patience): Promise<Row[]> {
    return this.#tried(ms, (until) => this.#once(until, (session) => session.rows(text, values)))
  }

  /** All statements of `run`, or none. `run` must be ready to be run again. */
  transaction<T>(run: (session: Session) => Promise<T>, ms: number = patience): Promise<T> {
    return this.#tried(ms, (until) =>
      this.#once(until, async (session) => {
        await session.rows('BEGIN')
        const answer = await run(session)
        await session.rows('COMMIT')
        return answer
      }),
    )
  }

  /** The text with the schema's name in place of `wb.`. */
  text(template: string): string {
    let text = this.#texts.get(template)
    if (text === undefined) this.#texts.set(template, (text = template.replace(/\bwb\./g, `"${this.#schema}".`)))
    return text
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #tried<T>(ms: number, once: (until: number) => Promise<T>): Promise<T> {
    const until = this.#clock.now() + ms
    for (let tries = 1; ; tries++) {
      try {
        return await once(until)
      } catch (error) {
        if (!isCollision(error) || tries >= mostTries || this.#clock.now() > until) throw storeError(error)
      }
      await pause(this.#clock, Math.min(tries - 1, 10), undefined, true)
    }
  }

  // One connection for as long as `run` takes. After any error inside a transaction it is rolled back.
  async #once<T>(until: number, run: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#connected(until)
    let open = false
    const session: Session = {
      rows: (text, values = []) => {
        if (text === 'BEGIN') open = true
        return this.#answered(client, until, text, values)
      },
    }
    try {
      const answer = await run(session)
      client.release()
      return answer
    } catch (error) {
      await this.#leave(client, error, open)
      throw error
    }
  }

  async #leave(client: PoolClient, error: unknown, open: boolean): Promise<void> {
    if (isOutage(error)) return client.release(true)
    if (!open) return client.release()
    const undone = await this.#answered(client, this.#clock.now() + 500, 'ROLLBACK', []).then(
      () => true,
      () => false,
    )
    client.release(!undone)
  }

  async #connected(until: number): Promise<PoolClient> {
    const wanted = this.#pool.connect()
    try {
      return await this.#before(until, wanted)
    } catch (error) {
      // Whoever is late gives back what comes after all.
      void wanted.then(
        (client) => client.release(),
        () => undefined,
      )
      throw error
    }
  }

  async #answered(client: PoolClient, until: number, text: string, values: Value[]): Promise<Row[]> {
    const { rows } = await this.#before(until, client.query<Row>(this.text(text), values))
    return rows
  }

  #before<T>(until: number, answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const late = () => reject(new Overdue('it did not answer in time'))
      let forget = this.#clock.after(
        until - this.#clock.now(),
        () => (forget = this.#clock.after(graceMs, late, true)),
        true,
      )
      answer.then(
        (value) => {
          forget()
          resolve(value)
        },
        (error: unknown) => {
          forget()
          reject(error)
        },
      )
    })
  }
}
