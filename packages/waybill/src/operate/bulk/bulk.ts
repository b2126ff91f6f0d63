// Bulk actions asked for: how many jobs one would touch, and the job that does it.
import type { Engine, JobFilter } from '../../engine/engine.ts'
import type { JobRecord } from '../../job/record.ts'
import type { Submit } from '../../submit/submit.ts'
import { bulkType, type BulkInput } from './job.ts'
import { bulkMost, reachOf, type BulkWish } from './wish.ts'

export interface Preview {
  /** Jobs that match now. */
  matched: number
  /** Of these, so many at most are touched. */
  max: number
}

export class Bulk {
  readonly #engine: Engine
  readonly #submit: Submit

  /** `submit` knows the type of bulk jobs, which no caller can name. */
  constructor(engine: Engine, submit: Submit) {
    this.#engine = engine
    this.#submit = submit
  }

  /** Throws `bad_request` for a wish that could not be meant. */
  async preview(wish: BulkWish): Promise<Preview> {
    const counts = await this.#engine.count(reachOf(wish))
    return {
      matched: Object.values(counts).reduce((sum, n) => sum + n, 0),
      max: Math.min(wish.max ?? bulkMost, bulkMost),
    }
  }

  /** The job that does it, stored. */
  async start(wish: BulkWish, { matched, max }: Preview): Promise<JobRecord> {
    const filter: JobFilter = reachOf(wish)
    const input: BulkInput = { action: wish.action, filter, max, matched }
    const title = `${wish.action} ${Math.min(matched, max)} jobs`
    const { record } = await this.#submit.submit({ type: bulkType, input, userId: null, title })
    return record
  }
}
