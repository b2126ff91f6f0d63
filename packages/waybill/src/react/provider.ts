// Which client the components below use: one that is given, or one made here of an address and a token.
import { createContext, createElement, useContext, useEffect, useMemo, useRef } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { WaybillClient, type TokenSource } from '../client/index.ts'
import { storeOf, type JobStore } from '../page/store.ts'

export type WaybillProviderProps = { children?: ReactNode } & (
  | { client: WaybillClient; url?: undefined; token?: undefined }
  | {
      client?: undefined
      /** Where the API is. Default `/api/v1`. */
      url?: string
      /** A token, or a function that gets one (it need not be the same function at each render). */
      token?: TokenSource
    }
)

const StoreContext = createContext<JobStore | null>(null)

export function WaybillProvider({ client, url = '/api/v1', token, children }: WaybillProviderProps): ReactElement {
  const made = useMade(url, token, client !== undefined)
  const store = storeOf(client ?? made)
  return createElement(StoreContext.Provider, { value: store }, children)
}

// A function that is written in the markup is another one at each render, which must not mean another client.
function useMade(url: string, token: TokenSource | undefined, isGiven: boolean): WaybillClient {
  const newest = useRef(token)
  useEffect(() => {
    newest.current = token
  })
  const text = typeof token === 'string' || token === undefined || isGiven ? token : null
  return useMemo(() => {
    const ask = () => (typeof newest.current === 'function' ? newest.current() : '')
    const source = text === null ? ask : text
    return new WaybillClient({ url, ...(source === undefined ? {} : { token: source }) })
  }, [url, text])
}

/** The client, for submitting and all else. Throws outside a WaybillProvider. */
export function useWaybill(): WaybillClient {
  return useStore('useWaybill').client
}

export function useStore(who: string): JobStore {
  return useStoreIfAny() ?? missing(who)
}

export function useStoreIfAny(): JobStore | null {
  return useContext(StoreContext)
}

export function missing(who: string): never {
  throw new Error(`${who} needs a client: put <WaybillProvider client={…}> (or url="/api/v1") around the component`)
}
