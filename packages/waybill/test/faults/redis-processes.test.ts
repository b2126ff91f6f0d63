// The Redis engine with real processes on one server.
import { processFaults } from './processes.fixture.ts'
import { redisUnderTest } from './store.fixture.ts'

processFaults(redisUnderTest)
