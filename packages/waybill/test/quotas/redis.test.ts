// Limits of users on Redis.
import { redisUnderTest } from '../faults/store.fixture.ts'
import { quotasOn } from './quotas.fixture.ts'

quotasOn(redisUnderTest)
