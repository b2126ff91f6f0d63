// Sleeping and waiting jobs on the SQLite engine, with real processes.
import { sqliteUnderTest } from './store.fixture.ts'
import { waitFaults } from './waits.fixture.ts'

waitFaults(sqliteUnderTest)
