// What processes of one store tell each other through the accelerator, as JSON: which jobs changed and to what rev, which
// of them ended, and in which queues jobs may have become runnable. A hint, like those of the engine, but at once.
import { z } from 'zod'

/** Longer lists are not sent: `jobs` is null then, and whoever watches looks for himself. */
export const mostJobs = 2_000

const schema = z.object({
  /** The process that says it. */
  from: z.string(),
  store: z.string(),
  /** Job ids, each with its new rev, or null where that is not known. */
  jobs: z.array(z.tuple([z.string(), z.number().nullable()])).nullable(),
  ended: z.array(z.string()),
  queues: z.array(z.string()),
})

export type Message = z.output<typeof schema>

/** Null for what is no message of ours. */
export function messageOf(text: string): Message | null {
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null // somebody else's
  }
}
