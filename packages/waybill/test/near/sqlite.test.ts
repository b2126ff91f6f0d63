// Memory in front of one SQLite file.
import { sqliteUnderTest } from '../faults/store.fixture.ts'
import { nearCacheOn } from './near.fixture.ts'

nearCacheOn(sqliteUnderTest, null)
