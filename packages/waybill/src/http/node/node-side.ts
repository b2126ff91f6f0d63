// The Node response behind a request, handed on by our own listener alone: event streams then write to it directly.
// Under a foreign host it is absent, so that the host's own middleware is not bypassed.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { ServerResponse } from 'node:http'

export class NodeSide {
  readonly outgoing: ServerResponse

  constructor(outgoing: ServerResponse) {
    this.outgoing = outgoing
  }
}

/** What a handler returns when another has answered, or will. */
export const alreadySent: Response = RESPONSE_ALREADY_SENT

// Touching the body turns it into a native Response; the listener looks at the header of those alone.
void alreadySent.body
