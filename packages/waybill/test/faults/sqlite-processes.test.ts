// The SQLite engine with real processes on one file, and the worker itself.
import { processFaults, workerFaults } from './processes.fixture.ts'
import { sqliteUnderTest } from './store.fixture.ts'

processFaults(sqliteUnderTest)
workerFaults()
