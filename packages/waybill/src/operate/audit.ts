// Who did what: an entry for each thing an operator lets happen, written before it happens, so that nothing happens
// unrecorded. The newest `kept` entries stand, in a ring of documents; an older one is written over.
import type { ReadEngine, WriteEngine } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'
import { isObject, type JsonObject } from '../lib/json.ts'

/** The kinds of document that keep the ring and where it stands. */
export const auditKind = 'audit'
export const auditHeadKind = 'audit_head'

const kept = 1_000
const tries = 50

export interface Actor {
  /** The credential's own name. */
  name: string
  userId: string | null
}

export interface AuditEntry {
  /** Rises by one an entry. */
  seq: number
  at: number
  who: Actor
  /** Such as `queue.pause`. */
  action: string
  /** What it was done to: a queue, a worker, a job. */
  target: string | null
  detail: JsonObject
}

export class Audit {
  readonly #engine: ReadEngine & WriteEngine

  constructor(engine: ReadEngine & WriteEngine) {
    this.#engine = engine
  }

  /** To be called before the thing is done. Throws when the entry could not be stored: then it must not be done. */
  async record(who: Actor, action: string, target: string | null, detail: JsonObject = {}): Promise<void> {
    const seq = await this.#nextSeq()
    const body = { seq, at: this.#engine.now(), name: who.name, user_id: who.userId, action, target, detail }
    await this.#engine.putDoc(auditKind, placeOf(seq), body, null)
  }

  /** Newest first: those before `before` (default: the newest there are). */
  async list(limit: number, before: number = Number.POSITIVE_INFINITY): Promise<AuditEntry[]> {
    const docs = await this.#engine.docs(auditKind)
    const entries = docs.map(({ body }) => entryOf(body)).filter(({ seq }) => seq < before)
    return entries.toSorted((a, b) => b.seq - a.seq).slice(0, limit)
  }

  async #nextSeq(): Promise<number> {
    for (let i = 0; i < tries; i++) {
      const [head] = await this.#engine.docs(auditHeadKind, 'head')
      const seq = Number(head?.body['seq'] ?? 0) + 1
      if (await this.#engine.putDoc(auditHeadKind, 'head', { seq }, head?.rev ?? 0)) return seq
    }
    throw new WaybillError('engine_unavailable', 'very many operators write at once; try again', { retryAfter: 1 })
  }
}

function placeOf(seq: number): string {
  return String(seq % kept).padStart(4, '0')
}

function entryOf(body: JsonObject): AuditEntry {
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : null)
  return {
    seq: Number(body['seq'] ?? 0),
    at: Number(body['at'] ?? 0),
    who: { name: text('name') ?? '', userId: text('user_id') },
    action: text('action') ?? '',
    target: text('target'),
    detail: isObject(body['detail']) ? body['detail'] : {},
  }
}
