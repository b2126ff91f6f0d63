import { redisUnderTest } from '../faults/store.fixture.ts'
import { resumes } from './resume.fixture.ts'

resumes(redisUnderTest)
