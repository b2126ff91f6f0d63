// Limits of users on PostgreSQL.
import { freshDatabase } from '@waybill/servers'
import { quotasOn } from './quotas.fixture.ts'

quotasOn(freshDatabase)
