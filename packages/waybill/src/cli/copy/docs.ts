// The documents of one store into another: settings of queues, schedules, batches, API keys, the secret of view tokens, how long runs took,
// what users have used of their limits, the audit. What is there stays.
import { runsKind } from '../../engine/past-runs.ts'
import { scheduleKind } from '../../engine/stored-schedule.ts'
import { secretKind } from '../../foreign/token-secret.ts'
import { keyKind } from '../../http/auth/keys.ts'
import { queueKind } from '../../job/queue-settings.ts'
import { auditHeadKind, auditKind } from '../../operate/audit.ts'
import { batchKinds } from '../../submit/batch-doc.ts'
import { quotaKind } from '../../submit/quotas.ts'
import type { Stores } from './stores.ts'

const kinds = [
  queueKind,
  scheduleKind,
  keyKind,
  secretKind,
  runsKind,
  auditKind,
  auditHeadKind,
  quotaKind,
  ...batchKinds,
]

/** Answers how many were copied. */
export async function copyDocs({ from, to }: Stores): Promise<number> {
  let copied = 0
  for (const kind of kinds)
    for (const { key, body } of await from.docs(kind)) if (await to.putDoc(kind, key, body, 0)) copied++
  return copied
}
