// What operators do, on SQLite files.
import { sqliteUnderTest } from '../faults/store.fixture.ts'
import { operationsOn } from './operations.fixture.ts'

operationsOn(sqliteUnderTest)
