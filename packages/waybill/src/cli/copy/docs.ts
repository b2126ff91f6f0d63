// The documents of one store into another: settings of queues, batches, API keys, the secret of view tokens. What is there stays.
import { secretKind } from '../../http/auth/auth.ts'
import { keyKind } from '../../http/auth/keys.ts'
import { batchKinds } from '../../submit/batch-doc.ts'
import type { Stores } from './stores.ts'

const kinds = ['queue', keyKind, secretKind, ...batchKinds]

/** Answers how many were copied. */
export async function copyDocs({ from, to }: Stores): Promise<number> {
  let copied = 0
  for (const kind of kinds)
    for (const { key, body } of await from.docs(kind)) if (await to.putDoc(kind, key, body, 0)) copied++
  return copied
}
