// The key of a job in Redis: a template such as `job:{job_id}` or `status:{queue}:{job_id}`.
import { WaybillError } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'

export class Keys {
  readonly template: string
  readonly #before: string
  readonly #after: string

  /** Throws `bad_request` for a template that would give several jobs one key. `where` names the bridge. */
  constructor(template: string, where: string) {
    const [before, after, ...more] = template.split('{job_id}')
    if (
      before === undefined ||
      after === undefined ||
      more.length > 0 ||
      /[{}]/.test(template.replaceAll(/\{(job_id|queue)\}/g, ''))
    )
      throw new WaybillError(
        'bad_request',
        `${where}: key: expected {job_id} once and perhaps {queue}, as in "job:{job_id}", got "${template}"`,
      )
    this.template = template
    this.#before = before
    this.#after = after
  }

  of({ id, queue }: Pick<JobRecord, 'id' | 'queue'>): string {
    return this.#before.replaceAll('{queue}', queue) + id + this.#after.replaceAll('{queue}', queue)
  }

  /** The id in a key of ours; null for any other. A template with {queue} is read by its ends alone. */
  idIn(key: string): string | null {
    const fits = !this.#hasQueue && key.startsWith(this.#before) && key.endsWith(this.#after)
    return fits ? key.slice(this.#before.length, key.length - this.#after.length) : null
  }

  /** For KEYS and keyspace channels. */
  get pattern(): string {
    return `${this.#before}*${this.#after}`.replaceAll('{queue}', '*')
  }

  get #hasQueue(): boolean {
    return this.template.includes('{queue}')
  }
}
