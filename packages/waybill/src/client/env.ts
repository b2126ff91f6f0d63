// Time, chance, fetch and the page's own signals, handed in so that tests own them. The defaults are what every browser
// and server runtime has.

export interface ClientEnv {
  fetch: typeof fetch
  now(): number
  /** Runs `fn` after `ms`; the answer forgets it. */
  after(ms: number, fn: () => void): () => void
  random(): number
  /** A key that nobody else makes. */
  newKey(): string
  /** Calls `fn` when waiting longer may be needless: see Nudge. The answer stops it. */
  onNudge(fn: (nudge: Nudge) => void): () => void
}

/** `network`: the network came, went or changed. `shown`: the page is looked at again. */
export type Nudge = 'network' | 'shown'

export const defaultEnv: ClientEnv = {
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
  newKey,
  onNudge: listen,
}

// Not crypto.randomUUID: pages that came by plain http have none.
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const nudges: readonly [string, Nudge][] = [
  ['online', 'network'],
  ['offline', 'network'],
  ['visibilitychange', 'shown'],
]

function listen(fn: (nudge: Nudge) => void): () => void {
  const page = globalThis
  if (!isPage(page)) return () => {}
  const listeners = nudges.map(([event, nudge]) => ({ event, call: () => fn(nudge) }))
  for (const { event, call } of listeners) page.addEventListener(event, call)
  return () => {
    for (const { event, call } of listeners) page.removeEventListener(event, call)
  }
}

interface Page {
  addEventListener(event: string, fn: () => void): void
  removeEventListener(event: string, fn: () => void): void
}

function isPage(where: object): where is Page {
  return 'addEventListener' in where && 'removeEventListener' in where
}
