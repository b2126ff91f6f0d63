// The documents of one store into another: settings of queues, schedules, API keys, the secret of view tokens, how long runs took.
// What is there stays.
import { runsKind } from '../../engine/past-runs.ts'
import { scheduleKind } from '../../engine/stored-schedule.ts'
import { secretKind } from '../../http/auth/token-secret.ts'
import { keyKind } from '../../http/auth/keys.ts'
import type { Stores } from './stores.ts'

const kinds = ['queue', scheduleKind, keyKind, secretKind, runsKind]

/** Answers how many were copied. */
export async function copyDocs({ from, to }: Stores): Promise<number> {
  let copied = 0
  for (const kind of kinds)
    for (const { key, body } of await from.docs(kind)) if (await to.putDoc(kind, key, body, 0)) copied++
  return copied
}
