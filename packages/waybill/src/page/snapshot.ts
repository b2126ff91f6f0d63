// What a page knows at a moment of what it watches. Never changed: each change makes a new one, so that whoever compares
// by identity (React does) sees it.
import type { Connection as ClientConnection, WaybillClientError } from '../client/index.ts'

/** `idle`: nothing is watched, or all of it has ended. `unauthorized`: the server refuses the token. */
export type Connection = ClientConnection | 'unauthorized'

export interface Snapshot<Value> {
  readonly value: Value
  readonly connection: Connection
  /** Why nothing more can be known: not there, not yours, refused. Null while it is watched. */
  readonly error: WaybillClientError | null
}

/** Of a job before anything was heard of it. */
export const unheard: Snapshot<null> = { value: null, connection: 'connecting', error: null }
/** Of no job at all. */
export const nothing: Snapshot<null> = { value: null, connection: 'idle', error: null }
