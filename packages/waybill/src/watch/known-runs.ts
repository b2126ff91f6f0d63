// How long the last runs of each type took, as far as somebody watches jobs of it: read from the engine at most every few
// seconds a type. What a running job's attempt was first compared with stays with it, so that its bar cannot fall when
// other jobs end meanwhile.
import type { ReadEngine } from '../engine/engine.ts'
import { pastRuns, runsKind } from '../engine/past-runs.ts'
import { estimate, runTimesOf, type RunTimes } from '../job/estimate.ts'
import type { JobRecord } from '../job/record.ts'
import type { Clock } from '../lib/clock.ts'
import type { EstimateView } from '../wire/job-view.ts'
import { toWireTime } from '../wire/time.ts'

const freshMs = 10_000
const mostTypes = 1_000
const mostAttempts = 50_000

interface KnownType {
  runs: RunTimes | null
  readAt: number
}

/** An attempt that has been shown. */
interface Shown {
  fence: number
  runs: RunTimes
  progress: number
  endsAt: number
  /** `endsAt` on the wire: it seldom changes. */
  endsAtText: string
}

export class KnownRuns {
  readonly #engine: Pick<ReadEngine, 'docs'>
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #types = new Map<string, KnownType>()
  readonly #reading = new Map<string, Promise<void>>()
  readonly #shown = new Map<string, Shown>()

  constructor(engine: Pick<ReadEngine, 'docs'>, clock: Clock, onError: (error: unknown) => void) {
    this.#engine = engine
    this.#clock = clock
    this.#onError = onError
  }

  /** Null where nothing must be read before `estimateOf` can answer. */
  missing(job: JobRecord): Promise<void> | null {
    if (job.status !== 'processing' || this.#shown.get(job.id)?.fence === job.fence) return null
    const known = this.#types.get(job.type)
    if (known && this.#clock.now() - known.readAt < freshMs) return null
    const reading = this.#read(job.type)
    return known ? null : reading // what is a little old is good enough for now
  }

  /** Null for a job that does not run, and where too few runs are known. */
  estimateOf(job: JobRecord, now: number): EstimateView | null {
    if (job.status !== 'processing' || job.startedAt === null) return null
    const shown = this.#shownOf(job)
    if (!shown) return null
    const { runs } = shown
    const standing = { elapsedMs: now - job.startedAt, progress: job.progress, quietMs: now - job.updatedAt }
    const { progress, leftMs } = estimate(runs, standing, shown.progress)
    shown.progress = progress
    const endsAt = leftMs === null ? null : endsAtOf(shown, now + leftMs)
    return { progress, ends_at: endsAt, duration_ms: runs.medianMs, samples: runs.sorted.length }
  }

  #shownOf(job: JobRecord): Shown | null {
    const shown = this.#shown.get(job.id)
    if (shown?.fence === job.fence) return shown
    const runs = this.#types.get(job.type)?.runs
    if (!runs) return null
    const made: Shown = { fence: job.fence, runs, progress: 0, endsAt: Number.NaN, endsAtText: '' }
    put(this.#shown, job.id, made, mostAttempts)
    return made
  }

  #read(type: string): Promise<void> {
    const under = this.#reading.get(type) ?? this.#readNow(type).finally(() => this.#reading.delete(type))
    this.#reading.set(type, under)
    return under
  }

  // An estimate is a help: where it cannot be had, the job is shown without.
  async #readNow(type: string): Promise<void> {
    try {
      const [doc] = await this.#engine.docs(runsKind, type)
      const runs = runTimesOf(pastRuns(doc).map(({ tookMs }) => tookMs))
      put(this.#types, type, { runs, readAt: this.#clock.now() }, mostTypes)
    } catch (error) {
      this.#onError(error)
    }
  }
}

function endsAtOf(shown: Shown, at: number): string {
  if (shown.endsAt !== at) [shown.endsAt, shown.endsAtText] = [at, toWireTime(at)]
  return shown.endsAtText
}

// The oldest goes.
function put<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= most) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
