// Schedules on SQLite.
import { sqliteUnderTest } from '../faults/store.fixture.ts'
import { schedulesOn } from './schedules.fixture.ts'

schedulesOn(sqliteUnderTest)
