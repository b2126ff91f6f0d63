// A job as readers keep it: the record, and the owner's view serialised once a rev. What moves with the clock stands at
// the end of the JSON and is appended at each answer (docs/decisions/0009).
import { isEnd, type WaitReason } from '../job/status.ts'
import type { JobRecord } from '../job/record.ts'
import { liveMembers, staticView, type EstimateView } from '../wire/job-view.ts'

/** What those who wait for a job are told beside its record: all of it moves with the clock. */
export interface Wait {
  /** Why it is not running, and the sentence for people. Both null while it runs and after its end. */
  reason: WaitReason | null
  text: string | null
  /** In its queue: 1 is next. Null for a job that is in none, and where nobody can say so cheaply. */
  position: number | null
  /** While it runs, if enough runs of its type are known. */
  estimate: EstimateView | null
}

export const noWait: Wait = { reason: null, text: null, position: null, estimate: null }

export class Entry {
  readonly record: JobRecord
  /** Entity tag of the owner's view. */
  readonly etag: string
  /** What keeping it costs, roughly. */
  readonly bytes: number
  readonly #head: string
  readonly #whole: string | null

  /** `base` is the API's path, such as `/api/v1`. */
  constructor(record: JobRecord, base: string) {
    this.record = record
    this.etag = `W/"${record.rev}-owner"`
    this.#head = JSON.stringify(staticView(record, base)).slice(0, -1)
    this.#whole = isEnd(record.status) ? this.#with(record.updatedAt, noWait) : null
    this.bytes = this.#head.length * (this.#whole === null ? 2 : 3) + 1_000
  }

  /** The owner's view as JSON, at `now`. */
  json(now: number, wait: Wait): string {
    return this.#whole ?? this.#with(now, wait)
  }

  // Written out, for it is made anew at each answer.
  #with(now: number, wait: Wait): string {
    const live = liveMembers(this.record, now, wait)
    const reason = live.wait_reason === null ? 'null' : `"${live.wait_reason}"`
    const text = live.wait_text === null ? 'null' : JSON.stringify(live.wait_text)
    const why = `"wait_reason":${reason},"wait_text":${text},"queue_position":${live.queue_position}`
    const estimate = live.estimate ? `,"estimate":${estimateJson(live.estimate)}` : ''
    return `${this.#head},${why},"wait_ms":${live.wait_ms},"duration_ms":${live.duration_ms}${estimate}}`
  }
}

function estimateJson({ progress, ends_at, duration_ms, samples }: EstimateView): string {
  const end = ends_at === null ? 'null' : `"${ends_at}"`
  return `{"progress":${progress},"ends_at":${end},"duration_ms":${duration_ms},"samples":${samples}}`
}
