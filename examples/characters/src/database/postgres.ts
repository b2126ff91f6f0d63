// The application's tables in the database that also holds Waybill's jobs.
import { Pool, type ClientBase } from 'pg'
import type { Database, Session } from './database.ts'
import { schema } from './schema.ts'

// Any number will do: processes that start together make the tables one after the other.
const schemaLock = 5_177_204

export async function openPostgres(url: string): Promise<Database> {
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5000 })
  pool.on('error', () => {}) // a connection that breaks while idle is replaced at the next use
  const database: Database = {
    rows: (sql, values = []) => on(pool).rows(sql, values),
    async transaction(work) {
      const client = await pool.connect()
      try {
        return await committed(client, () => work({ ...on(client), tx: client }))
      } finally {
        client.release()
      }
    },
    close: () => pool.end(),
  }
  await database.transaction(async ({ rows }) => {
    await rows('SELECT pg_advisory_xact_lock($1)', [schemaLock])
    for (const table of schema('SERIAL PRIMARY KEY').split(';')) await rows(table)
  })
  return database
}

const on = (connection: Pool | ClientBase): Session => ({
  rows: async (sql, values = []) => (await connection.query<Record<string, unknown>>(sql, values)).rows,
})

async function committed<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN')
  try {
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}
