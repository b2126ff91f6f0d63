// PostgreSQL with an accelerator that fails.
import { acceleratorFaults } from './accelerator.fixture.ts'
import { postgresUnderTest } from './store.fixture.ts'

acceleratorFaults(postgresUnderTest)
