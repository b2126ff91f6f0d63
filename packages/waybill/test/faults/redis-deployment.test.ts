// The Redis engine under several processes that serve, work and migrate.
import { deploymentFaults } from './deployment.fixture.ts'
import { redisUnderTest } from './store.fixture.ts'

deploymentFaults(redisUnderTest)
