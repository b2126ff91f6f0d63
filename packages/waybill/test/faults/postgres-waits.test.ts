// Sleeping and waiting jobs on the PostgreSQL engine, with real processes.
import { postgresUnderTest } from './store.fixture.ts'
import { waitFaults } from './waits.fixture.ts'

waitFaults(postgresUnderTest)
