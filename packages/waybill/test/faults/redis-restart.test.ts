// The Redis engine on a server that is killed.
import { restartFaults } from './restart.fixture.ts'
import { redisUnderTest } from './store.fixture.ts'

restartFaults(redisUnderTest)
