// One connection to an event stream, from its opening to its end. Never says that a job is finished: only its events do.
import { mayPass, WaybillClientError } from './errors.ts'
import { EventParser, type ServerEvent } from './sse.ts'
import type { Transport } from './transport.ts'
import type { Watchdog } from './watchdog.ts'

/** No `hello` within this time: something between here and the server holds the bytes back. */
const helloMs = 5_000
const defaultHeartbeatMs = 15_000
const patientBeats = 2.5

export interface StreamRequest {
  path: string
  lastEventId: string | null
  on(event: ServerEvent): void
  /** Before more is read: waits until there is room for it. */
  room(): Promise<void> | null
  signal: AbortSignal
}

export interface StreamEnd {
  /** How long it was open after its `hello`; null when none came. */
  openMs: number | null
  error: unknown
}

/** Reads until the end, calling `on` for each event. Resolves however it ended; `signal` ends it. */
export async function readStream(transport: Transport, request: StreamRequest): Promise<StreamEnd> {
  const { env } = transport
  const { path, lastEventId, signal } = request
  const headers = { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) }
  let greetedAt: number | null = null
  const openMs = () => (greetedAt === null ? null : env.now() - greetedAt)
  try {
    await transport.once(path, { headers, signal, deadlineMs: helloMs }, async ({ body }, dog) => {
      let patienceMs: number | null = null
      const parser = new EventParser((event) => {
        if (event.type === 'hello') {
          greetedAt ??= env.now()
          patienceMs = heartbeatOf(event) * patientBeats
        }
        request.on(event)
      })
      if (body) await pump(body, parser, request, () => patienceMs, dog)
    })
    return { openMs: openMs(), error: null }
  } catch (error) {
    return { openMs: openMs(), error }
  }
}

// Until the greeting bytes prove nothing: then the deadline of the request holds. Afterwards each silence is measured.
async function pump(
  body: ReadableStream<Uint8Array>,
  parser: EventParser,
  request: StreamRequest,
  patienceMs: () => number | null,
  dog: Watchdog,
): Promise<void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const reader = body.getReader()
  for (;;) {
    const { done, value }: { done: boolean; value?: Uint8Array | undefined } = await reader.read()
    if (done) return
    parser.push(decoder.decode(value, { stream: true }))
    const full = request.room()
    if (full) dog.calm()
    await full
    const ms = patienceMs()
    if (ms !== null) dog.patience(ms)
  }
}

function heartbeatOf({ data }: ServerEvent): number {
  const hello: unknown = JSON.parse(data)
  if (typeof hello === 'object' && hello !== null && 'heartbeat_ms' in hello)
    return Number(hello.heartbeat_ms) || defaultHeartbeatMs
  return defaultHeartbeatMs
}

/** The stream is refused, which is no answer about any job: asking will tell. */
export function isRefused({ error }: StreamEnd): boolean {
  return error instanceof WaybillClientError && !mayPass(error)
}

export function isUnreachable({ openMs, error }: StreamEnd): boolean {
  return openMs === null && error instanceof WaybillClientError && error.status === 0
}

/** No hello in time: a proxy that gathers what it should pass on, or a network that swallows everything. */
export function isHeldBack({ openMs, error }: StreamEnd): boolean {
  return openMs === null && error instanceof WaybillClientError && error.code === 'timeout'
}

export function toldOf({ error }: StreamEnd): number | null {
  return error instanceof WaybillClientError ? error.retryAfterMs : null
}
