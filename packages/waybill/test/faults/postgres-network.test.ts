// The PostgreSQL engine on a network that fails.
import { networkFaults } from './network.fixture.ts'
import { postgresUnderTest } from './store.fixture.ts'

networkFaults(postgresUnderTest)
