// Whether the page is looked at, the time, and waiting; handed in so that tests own them. The default is the browser's, and where
// there is no page, a page that is always looked at.
import { defaultEnv } from '../client/env.ts'

export interface PageEnv {
  /** Runs `fn` after `ms`; the answer forgets it. */
  after(ms: number, fn: () => void): () => void
  /** Milliseconds since 1970. */
  now(): number
  hidden(): boolean
  /** Calls `fn` when the page is hidden or shown. The answer stops it. */
  onVisibility(fn: () => void): () => void
}

export const browserPage: PageEnv = {
  after: (ms, fn) => defaultEnv.after(ms, fn),
  now: () => defaultEnv.now(),
  hidden: () => documentHere()?.visibilityState === 'hidden',
  onVisibility(fn) {
    const here = documentHere()
    here?.addEventListener('visibilitychange', fn)
    return () => here?.removeEventListener('visibilitychange', fn)
  },
}

interface Shown {
  readonly visibilityState: string
  addEventListener(event: string, fn: () => void): void
  removeEventListener(event: string, fn: () => void): void
}

function documentHere(): Shown | null {
  const where = globalThis
  return hasDocument(where) ? where.document : null
}

function hasDocument(where: object): where is { document: Shown } {
  return 'document' in where && typeof where.document === 'object'
}
