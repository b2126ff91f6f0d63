// Server-sent events as text (WHATWG HTML, "Server-sent events"). JSON holds no raw newline, so one data line is enough.
import type { WatchEvent } from '../../watch/events.ts'
import { toWireTime } from '../../wire/time.ts'

export const heartbeatMs = 15_000
export const heartbeat = ': hb\n\n'

/** Why the server ends a stream. The client connects again, except after `token_expired` with the same token. */
export type ByeReason = 'shutdown' | 'token_expired' | 'max_age' | 'slow'

export function frame(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

export function helloFrame(streamId: string, now: number): string {
  return frame('hello', { stream_id: streamId, heartbeat_ms: heartbeatMs, server_time: toWireTime(now) })
}

export function byeFrame(reason: ByeReason): string {
  return frame('bye', { reason })
}

/** The line that a client sends back as Last-Event-ID: what changed earlier has been told. */
export function idLine(toldUntil: number): string {
  return `id: ${toldUntil}\n`
}

const made = new WeakMap<WatchEvent, string>()

/** One text for all streams that send this event. */
export function eventFrame(event: WatchEvent): string {
  let text = made.get(event)
  if (text === undefined) made.set(event, (text = textOf(event)))
  return text
}

function textOf(event: WatchEvent): string {
  if (event.type === 'sync') return frame('sync', {})
  if (event.type === 'gone') return frame('gone', { job_id: event.id })
  return `event: ${event.type}\ndata: ${event.json}\n\n`
}
