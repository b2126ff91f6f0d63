// What processes of one store tell each other through the accelerator, as JSON: which jobs changed and to what rev, which
// of them ended, and in which queues jobs may have become runnable. A hint, like those of the engine, but at once.
import { z } from 'zod'

/** Longer lists are not sent: `jobs` is null then, and whoever watches looks for himself. */
export const mostJobs = 2_000

export interface Message {
  /** The process that says it. */
  from: string
  store: string
  /** Job ids, each with its new rev, or null where that is not known. Null: any job. */
  jobs: [id: string, rev: number | null][] | null
  /** Of `jobs`, those that ended. */
  ended: string[]
  queues: string[]
}

const texts = z.array(z.string())
const schema = z.object({
  from: z.string(),
  store: z.string(),
  jobs: z.array(z.tuple([z.string(), z.number().nullable()])).nullable(),
  ended: texts,
  queues: texts,
})

/** Null for what is no message of ours. */
export function messageOf(text: string): Message | null {
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null // somebody else's
  }
}
