// The Redis engine on a network that fails.
import { redisUnderTest } from './store.fixture.ts'
import { networkFaults } from './network.fixture.ts'

networkFaults(redisUnderTest)
