// The lower rungs of the ladder: long polls, and where those do not come through, conditional asking at the server's pace.
import type { Course } from './course.ts'
import type { ClientEnv } from './env.ts'
import { asError, isForeign, isOutage, mayPass, refusesCaller, WaybillClientError } from './errors.ts'
import { paced, rest, retryWait } from './rest.ts'
import type { Told } from './told.ts'

/** Long polls that come to nothing so often in a row, where a plain question then gets through, are given up … */
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
  const doubt = new Doubt(env)
  while (!signal.aborted && !course.over) {
    try {
      const patient = failures === 0 && !doubt.on
      const restMs = await course.round(signal, patient)
      doubt.answered(patient, failures)
      failures = 0
      say(true)
      await rest(env, paced(env, restMs), signal)
    } catch (error) {
      if (signal.aborted) return
      if (!mayPass(error) && !isPassing(error, told)) return told.fail(asError(error))
      failures++
      say(!isOutage(error))
      await rest(env, retryWait(env, error instanceof WaybillClientError ? error.retryAfterMs : null, failures), signal)
    }
  }
}

// Whether long polls come through. An outage fails plain questions too, and so proves nothing.
class Doubt {
  readonly #env: ClientEnv
  #fails = 0
  #until = 0

  constructor(env: ClientEnv) {
    this.#env = env
  }

  get on(): boolean {
    return this.#env.now() < this.#until
  }

  /** A round was answered, after so many that failed: the first of those was the patient one. */
  answered(patient: boolean, failures: number): void {
    if (patient) this.#fails = 0
    else if (failures === 1 && !this.on) this.#fails++
    if (this.#fails < longPollTries) return
    this.#fails = 0
    this.#until = this.#env.now() + impatientMs
  }
}

// Where Waybill has answered before, a stranger's refusal is weather.
function isPassing(error: unknown, { newest }: Told): boolean {
  return isForeign(error) && !refusesCaller(error) && newest.ids().next().done !== true
}
