// Schedules on PostgreSQL.
import { postgresUnderTest } from '../faults/store.fixture.ts'
import { schedulesOn } from './schedules.fixture.ts'

schedulesOn(postgresUnderTest)
