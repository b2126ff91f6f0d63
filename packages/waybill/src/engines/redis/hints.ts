// Hints: each shard's scripts say on a channel of its own what they changed and where something became runnable, if
// anybody listens. Messages may be lost with a connection: when it breaks, once it is made anew, and every few seconds
// besides, listeners are told to look for themselves.
import type { Hint } from '../../engine/engine.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Handed } from './handed.ts'
import type { Port } from './port.ts'
import type { Shard } from './shard.ts'

const backstopMs = 2_000
const unknown: Hint = { ids: null, queues: null }

export class Hints {
  readonly #port: Port
  readonly #shards: readonly Shard[]
  readonly #handed: Handed
  readonly #clock: Clock
  readonly #listeners = new Set<(hint: Hint) => void>()
  #listening = false
  #whole = false
  /** How often it has begun to hear all channels. */
  #times = 0
  #forget: (() => void) | null = null

  constructor(port: Port, shards: readonly Shard[], handed: Handed, clock: Clock) {
    this.#port = port
    this.#shards = shards
    this.#handed = handed
    this.#clock = clock
  }

  /** The channel on which workers of this process can be handed a job; '' while nobody listens. */
  get channel(): string {
    return this.#listening ? this.#handed.channel : ''
  }

  /** Stays the same while messages arrive unbroken; null while they may be missed. */
  get hearing(): number | null {
    return this.#whole ? this.#times : null
  }

  add(listener: (hint: Hint) => void): () => void {
    this.#listeners.add(listener)
    if (!this.#listening) this.#listen()
    if (!this.#forget) this.#beat()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.stop()
    }
  }

  stop(): void {
    this.#forget?.()
    this.#forget = null
  }

  #listen(): void {
    this.#listening = true
    const said = new Map<string, (message: string) => void>()
    for (const shard of this.#shards) {
      said.set(shard.key('hints'), (message) => this.#tell(hintOf(message)))
      said.set(shard.key(`to:${this.#handed.channel}`), (message) => {
        this.#tell({ ids: [], queues: [this.#handed.take(shard, message)] })
      })
    }
    this.#port.listen(
      [...said.keys()],
      (channel, message) => said.get(channel)?.(message),
      (whole) => this.#turn(whole),
    )
  }

  #turn(whole: boolean): void {
    if (!whole && !this.#whole) return
    if (whole) this.#times++
    this.#whole = whole
    this.#tell(unknown)
  }

  #beat(): void {
    this.#forget = this.#clock.after(backstopMs, () => {
      if (!this.#whole) this.#port.listenAgain()
      this.#tell(unknown)
      this.#beat()
    })
  }

  #tell(hint: Hint): void {
    for (const listener of this.#listeners) listener(hint)
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
