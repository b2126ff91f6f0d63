// The PostgreSQL engine with real processes on one server.
import { processFaults } from './processes.fixture.ts'
import { postgresUnderTest } from './store.fixture.ts'

processFaults(postgresUnderTest)
