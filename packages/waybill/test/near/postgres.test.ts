// Memory in front of PostgreSQL.
import pg from 'pg'
import { postgresUnderTest } from '../faults/store.fixture.ts'
import { nearCacheOn } from './near.fixture.ts'

const listeners = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`

nearCacheOn(postgresUnderTest, async (url) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(listeners).finally(() => client.end())
})
