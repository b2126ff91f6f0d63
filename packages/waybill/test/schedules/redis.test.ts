// Schedules on Redis.
import { redisUnderTest } from '../faults/store.fixture.ts'
import { schedulesOn } from './schedules.fixture.ts'

schedulesOn(redisUnderTest)
