import { postgresUnderTest } from '../faults/store.fixture.ts'
import { resumes } from './resume.fixture.ts'

resumes(postgresUnderTest)
