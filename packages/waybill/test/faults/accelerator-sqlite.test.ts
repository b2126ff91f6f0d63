// SQLite with an accelerator that fails.
import { acceleratorFaults } from './accelerator.fixture.ts'
import { sqliteUnderTest } from './store.fixture.ts'

acceleratorFaults(sqliteUnderTest)
