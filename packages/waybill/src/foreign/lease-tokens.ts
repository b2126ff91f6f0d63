// What a worker elsewhere holds of a lease: an opaque text, signed, that says all a server must know of it. Any process of
// the same store can check it, also after a restart. The signature is the secret part: nobody can make a lease up.
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { equalInConstantTime } from '../lib/ids.ts'

export interface Lease {
  jobId: string
  workerId: string
  fence: number
  queue: string
  attempt: number
  /** What each heartbeat adds. */
  leaseMs: number
  /** On the engine's clock. */
  startedAt: number
  softTimeoutMs: number
  timeoutMs: number
}

const prefix = 'wbl1'
const whole = z.int().min(0)
const claims = z.tuple([z.string(), z.string(), whole, z.string(), whole, whole, whole, whole, whole])

export class LeaseTokens {
  readonly #key: Buffer

  constructor(secret: string) {
    this.#key = createHmac('sha256', secret).update('waybill lease v1').digest()
  }

  /** The same lease has the same token: a lost reply can be given again. */
  mint(lease: Lease): string {
    const { jobId, workerId, fence, queue, attempt, leaseMs, startedAt, softTimeoutMs, timeoutMs } = lease
    const said = [jobId, workerId, fence, queue, attempt, leaseMs, startedAt, softTimeoutMs, timeoutMs]
    const payload = Buffer.from(JSON.stringify(said)).toString('base64url')
    return `${prefix}.${payload}.${this.#sign(payload)}`
  }

  /** Null for what was not made with this secret. */
  read(token: string): Lease | null {
    const [word, payload = '', signature = '', ...more] = token.split('.')
    if (word !== prefix || more.length > 0 || !equalInConstantTime(signature, this.#sign(payload))) return null
    const said = claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
    if (!said.success) return null
    const [jobId, workerId, fence, queue, attempt, leaseMs, startedAt, softTimeoutMs, timeoutMs] = said.data
    return { jobId, workerId, fence, queue, attempt, leaseMs, startedAt, softTimeoutMs, timeoutMs }
  }

  #sign(payload: string): string {
    return createHmac('sha256', this.#key).update(payload).digest('base64url')
  }
}
