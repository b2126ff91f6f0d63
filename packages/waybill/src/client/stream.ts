// One connection to an event stream, from its opening to its end. Never says that a job is finished: only its events do.
import { isOutage, mayPass, WaybillClientError } from './errors.ts'
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
    await transport.once(path, { headers, signal, deadlineMs: helloMs }, async (response, dog) => {
      const body = bodyOf(response)
      let patienceMs: number | null = null
      const parser = new EventParser((event) => {
        if (event.type === 'hello') {
          greetedAt ??= env.now()
          const hello = helloOf(event)
          patienceMs = hello.heartbeatMs * patientBeats
          if (hello.serverTime !== null) transport.clock.told(hello.serverTime)
        }
        request.on(event)
      })
      await pump(body, parser, request, () => patienceMs, dog)
    })
    return { openMs: openMs(), error: null }
  } catch (error) {
    return { openMs: openMs(), error }
  }
}

function bodyOf({ body, status, headers }: Response): ReadableStream<Uint8Array> {
  const type = headers.get('content-type') ?? ''
  if (body && /^text\/event-stream\b/i.test(type)) return body
  throw new WaybillClientError(
    'no_stream',
    status,
    `the event stream came as ${type || 'nothing'}; is the url that of the API?`,
  )
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

function helloOf({ data }: ServerEvent): { heartbeatMs: number; serverTime: number | null } {
  const said: unknown = JSON.parse(data)
  const hello: { heartbeat_ms?: unknown; server_time?: unknown } = typeof said === 'object' && said !== null ? said : {}
  const time = Date.parse(String(hello.server_time))
  return {
    heartbeatMs: Number(hello.heartbeat_ms) || defaultHeartbeatMs,
    serverTime: Number.isFinite(time) ? time : null,
  }
}

/** What the end of a stream, seen from outside, says about streams. */
export type Verdict = 'outage' | 'useless' | 'cut'

/**
 * `outage`: nothing, the server could not be reached. `useless`: there are none here: it is refused, answered with
 * something else, or held back by a proxy. `cut`: it had begun, or was asked for too often.
 */
export function verdictOn({ openMs, error }: StreamEnd): Verdict {
  if (openMs !== null || !(error instanceof WaybillClientError)) return 'cut'
  if (error.code === 'timeout') return 'useless'
  if (isOutage(error)) return 'outage'
  return mayPass(error) ? 'cut' : 'useless'
}

export function toldOf({ error }: StreamEnd): number | null {
  return error instanceof WaybillClientError ? error.retryAfterMs : null
}
