import { sqliteUnderTest } from '../faults/store.fixture.ts'
import { resumes } from './resume.fixture.ts'

resumes(sqliteUnderTest)
