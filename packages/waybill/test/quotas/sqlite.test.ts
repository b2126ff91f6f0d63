// Limits of users on SQLite.
import { sqliteUnderTest } from '../faults/store.fixture.ts'
import { quotasOn } from './quotas.fixture.ts'

quotasOn(sqliteUnderTest)
