// <waybill-progress> as pages see it: its attributes, properties and events.
//
//   <waybill-progress job="019a…" src="/api/v1" token="…" label="Your video"></waybill-progress>
import type { Job, TokenSource, WaybillClient } from '../client/index.ts'
import type { Presentation } from '../page/present.ts'
import type { Connection, Snapshot } from '../page/snapshot.ts'

export interface WaybillProgress extends HTMLElement {
  /** A token, or a function that gets one; asked again when the server no longer takes the last. Wins over the attribute. */
  token: TokenSource | undefined
  /** A client that the page has already; wins over `src` and `token`. */
  client: WaybillClient | undefined
  /** Shows this instead of watching; null: watches again. */
  show(snapshot: Snapshot<Job | null> | null): void
}

/** The `detail` of `waybill-change` (anything has changed) and `waybill-end` (once, when it is known that the job has ended). */
export interface WaybillProgressDetail extends Pick<Presentation, 'state' | 'percent' | 'text'> {
  job: Job | null
  connection: Connection
}

export const watchedAttributes: readonly string[] = ['job', 'src', 'token', 'label']
export const defaultSrc = '/api/v1'

declare global {
  interface HTMLElementTagNameMap {
    'waybill-progress': WaybillProgress
  }
}
