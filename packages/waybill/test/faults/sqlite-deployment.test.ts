// The SQLite engine under several processes that serve, work and migrate.
import { deploymentFaults } from './deployment.fixture.ts'
import { sqliteUnderTest } from './store.fixture.ts'

deploymentFaults(sqliteUnderTest)
