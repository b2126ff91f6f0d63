// One connection to an event stream, from its opening to its end. Never says that a job is finished: only its events do.
import type { ClientEnv } from './env.ts'
import { EventParser, type ServerEvent } from './sse.ts'
import type { Transport } from './transport.ts'

/** No `hello` within this time: something between here and the server holds the bytes back. */
const helloMs = 5_000
const defaultHeartbeatMs = 15_000

export interface StreamEnd {
  /** True when the server greeted: the way is open, and the end was an ordinary one. */
  greeted: boolean
  error: unknown
}

/** Reads `path` until it ends, calling `on` for each event. Resolves however it ended; `signal` ends it. */
export async function readStream(
  transport: Transport,
  path: string,
  lastEventId: string | null,
  on: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<StreamEnd> {
  const dog = new Watchdog(transport.env, signal)
  try {
    const headers = { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) }
    const response = await transport.once(path, { headers, signal: dog.signal })
    if (!response.body) throw new Error('the stream has no body')
    const parser = new EventParser((event) => {
      if (event.type === 'hello') dog.greeted(heartbeatOf(event))
      on(event)
    })
    const decoder = new TextDecoder()
    for (const reader = response.body.getReader(); ; ) {
      const { done, value }: { done: boolean; value?: Uint8Array | undefined } = await reader.read()
      if (done) return { greeted: dog.hasGreeted, error: null }
      dog.seen()
      parser.push(decoder.decode(value, { stream: true }))
    }
  } catch (error) {
    return { greeted: dog.hasGreeted, error }
  } finally {
    dog.stop()
  }
}

function heartbeatOf({ data }: ServerEvent): number {
  const hello: unknown = JSON.parse(data)
  if (typeof hello === 'object' && hello !== null && 'heartbeat_ms' in hello)
    return Number(hello.heartbeat_ms) || defaultHeartbeatMs
  return defaultHeartbeatMs
}

// Ends a connection that has gone silent: a dead one looks just like a quiet one, but a quiet one has a heartbeat.
class Watchdog {
  readonly #env: ClientEnv
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal
  readonly #abort = () => this.#controller.abort()
  #patienceMs = helloMs
  #forget: () => void
  hasGreeted = false

  constructor(env: ClientEnv, outer: AbortSignal) {
    this.#env = env
    this.#outer = outer
    if (outer.aborted) this.#abort()
    outer.addEventListener('abort', this.#abort, { once: true })
    this.#forget = env.after(helloMs, this.#abort)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  greeted(heartbeatMs: number): void {
    this.hasGreeted = true
    this.#patienceMs = heartbeatMs * 2.5
    this.seen()
  }

  /** Bytes came. Until the greeting they prove nothing. */
  seen(): void {
    if (!this.hasGreeted) return
    this.#forget()
    this.#forget = this.#env.after(this.#patienceMs, this.#abort)
  }

  stop(): void {
    this.#forget()
    this.#outer.removeEventListener('abort', this.#abort)
    this.#controller.abort()
  }
}
