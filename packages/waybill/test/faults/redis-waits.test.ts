// Sleeping and waiting jobs on the Redis engine, with real processes.
import { redisUnderTest } from './store.fixture.ts'
import { waitFaults } from './waits.fixture.ts'

waitFaults(redisUnderTest)
