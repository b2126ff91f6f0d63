// What operators do, on PostgreSQL.
import { postgresUnderTest } from '../faults/store.fixture.ts'
import { operationsOn } from './operations.fixture.ts'

operationsOn(postgresUnderTest)
