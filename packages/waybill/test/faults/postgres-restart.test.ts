// The PostgreSQL engine on a server that is killed.
import { restartFaults } from './restart.fixture.ts'
import { postgresUnderTest } from './store.fixture.ts'

restartFaults(postgresUnderTest)
