// The PostgreSQL engine under several processes that serve, work and migrate.
import { deploymentFaults } from './deployment.fixture.ts'
import { postgresUnderTest } from './store.fixture.ts'

deploymentFaults(postgresUnderTest)
