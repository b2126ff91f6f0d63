// Which database a URL names.
import type { Database } from './database.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

/** Opens the database of `url` (`sqlite:FILE`, `postgres://…`), and makes the application's tables in a new one. */
export async function openDatabase(url: string): Promise<Database> {
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length))
  if (/^postgres(ql)?:/.test(url)) return openPostgres(url)
  throw new TypeError(
    'DATABASE_URL must begin with sqlite: or postgres: — a character and its job are one transaction there.',
  )
}
