// One client for all elements of a page that name the same API and token.
import { WaybillClient, type TokenSource } from '../client/index.ts'

interface Known {
  src: string
  token: TokenSource | undefined
  /** Weak: tokens come and go, and their clients should go with them. */
  client: WeakRef<WaybillClient>
}

let known: Known[] = []

export function sharedClient(src: string, token: TokenSource | undefined): WaybillClient {
  known = known.filter(({ client }) => client.deref() !== undefined)
  const found = known.find((one) => one.src === src && one.token === token)?.client.deref()
  if (found) return found
  const client = new WaybillClient({ url: src, ...(token === undefined ? {} : { token }) })
  known.push({ src, token, client: new WeakRef(client) })
  return client
}
