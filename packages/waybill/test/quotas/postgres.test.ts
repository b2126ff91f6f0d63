// Limits of users on PostgreSQL.
import { postgresUnderTest } from '../faults/store.fixture.ts'
import { quotasOn } from './quotas.fixture.ts'

quotasOn(postgresUnderTest)
