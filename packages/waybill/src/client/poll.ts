// The lower rungs of the ladder: long polls, and where those do not come through, conditional asking at the server's pace.
import type { Course } from './course.ts'
import type { ClientEnv } from './env.ts'
import { asError, isForeign, mayPass, refusesCaller, WaybillClientError } from './errors.ts'
import { paced, rest, retryWait } from './rest.ts'
import type { Told } from './told.ts'

/** Long polls that fail so often in a row are given up … */
const longPollTries = 2
/** … for so long. */
const impatientMs = 60_000

export interface Polling {
  signal: AbortSignal
  /** After each round: whether the server answered. */
  say: (reached: boolean) => void
}

/** Asks in rounds until `signal` aborts, nothing is left to ask for, or the caller is refused. */
export async function pollRounds(env: ClientEnv, course: Course, told: Told, { signal, say }: Polling): Promise<void> {
  let failures = 0
  let impatientUntil = 0
  while (!signal.aborted && !course.over) {
    try {
      const restMs = await course.round(signal, env.now() >= impatientUntil)
      failures = 0
      say(true)
      await rest(env, paced(env, restMs), signal)
    } catch (error) {
      if (signal.aborted) return
      if (!mayPass(error) && !isPassing(error, told)) return told.fail(asError(error))
      if (++failures >= longPollTries) impatientUntil = env.now() + impatientMs
      say(false)
      await rest(env, retryWait(env, error instanceof WaybillClientError ? error.retryAfterMs : null, failures), signal)
    }
  }
}

// Where Waybill has answered before, a stranger's refusal is weather.
function isPassing(error: unknown, { newest }: Told): boolean {
  return isForeign(error) && !refusesCaller(error) && newest.ids().next().done !== true
}
