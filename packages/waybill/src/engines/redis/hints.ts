// Hints: each shard's scripts say on a channel of its own what they changed and where something became runnable, if
// anybody listens. Messages may be lost with a connection: when it breaks, once it is made anew, and every few seconds
// besides, listeners are told to look for themselves.
import type { Hint } from '../../engine/engine.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Handed } from './handed.ts'
import type { Port } from './port.ts'
import type { Shard } from './shard.ts'

/** Readers hear of every change; workers of new work and of what others than a job's worker did to it. */
export type Audience = 'readers' | 'workers'

const backstopMs = 2_000
const unknown: Hint = { ids: null, queues: null }

export class Hints {
  readonly #port: Port
  readonly #shards: readonly Shard[]
  readonly #handed: Handed
  readonly #clock: Clock
  readonly #listeners: Record<Audience, Set<(hint: Hint) => void>> = { readers: new Set(), workers: new Set() }
  readonly #subscribed = new Set<Audience>()
  /** Audiences all of whose channels are heard. */
  readonly #whole = new Set<Audience>()
  /** How often it has begun to hear all that readers are told. */
  #times = 0
  #forget: (() => void) | null = null

  constructor(port: Port, shards: readonly Shard[], handed: Handed, clock: Clock) {
    this.#port = port
    this.#shards = shards
    this.#handed = handed
    this.#clock = clock
  }

  /** The channel on which workers of this process can be handed a job; '' while none listens. */
  get channel(): string {
    return this.#subscribed.has('workers') ? this.#handed.channel : ''
  }

  /** Stays the same while messages for readers arrive unbroken; null while they may be missed. */
  get hearing(): number | null {
    return this.#whole.has('readers') ? this.#times : null
  }

  add(listener: (hint: Hint) => void, audience: Audience = 'readers'): () => void {
    this.#listeners[audience].add(listener)
    if (!this.#subscribed.has(audience)) this.#subscribe(audience)
    if (!this.#forget) this.#beat()
    return () => {
      this.#listeners[audience].delete(listener)
      if (this.#listeners.readers.size + this.#listeners.workers.size === 0) this.stop()
    }
  }

  stop(): void {
    this.#forget?.()
    this.#forget = null
  }

  #subscribe(audience: Audience): void {
    this.#subscribed.add(audience)
    const said = new Map<string, (message: string) => void>()
    for (const shard of this.#shards) {
      said.set(shard.key(`hints:${audience}`), (message) => this.#tell(audience, hintOf(message)))
      if (audience === 'workers')
        said.set(shard.key(`to:${this.#handed.channel}`), (message) => {
          this.#tell(audience, { ids: [], queues: [this.#handed.take(shard, message)] })
        })
    }
    this.#port.listen(
      [...said.keys()],
      (channel, message) => said.get(channel)?.(message),
      (whole) => this.#turn(audience, whole),
    )
  }

  #turn(audience: Audience, whole: boolean): void {
    if (!whole && !this.#whole.has(audience)) return
    if (whole) this.#whole.add(audience)
    else this.#whole.delete(audience)
    if (whole && audience === 'readers') this.#times++
    this.#tell(audience, unknown)
  }

  #beat(): void {
    this.#forget = this.#clock.after(backstopMs, () => {
      if (this.#whole.size < this.#subscribed.size) this.#port.listenAgain()
      this.#tellAll(unknown)
      this.#beat()
    })
  }

  #tellAll(hint: Hint): void {
    this.#tell('readers', hint)
    this.#tell('workers', hint)
  }

  #tell(audience: Audience, hint: Hint): void {
    for (const listener of this.#listeners[audience]) listener(hint)
  }
}

// "queue,queue\nid\n!id…": ! marks jobs that have ended, '*' stands for too many to name.
function hintOf(message: string): Hint {
  const [queueList = '', ...names] = message.split('\n')
  const queues = queueList === '' ? [] : queueList.split(',')
  if (names[0] === '*') return { queues, ids: null }
  const ended = names.filter((name) => name.startsWith('!')).map((name) => name.slice(1))
  return { queues, ids: names.map((name) => name.replace(/^!/, '')), ended }
}
