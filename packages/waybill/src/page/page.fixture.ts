// What the tests of page/ share: a job, and a page whose time and visibility the test owns.
import type { Job } from '../client/index.ts'
import type { PageEnv } from './visibility.ts'

export const now: number = Date.parse('2026-01-01T12:00:00.000Z')

export function aJob(members: Partial<Job> = {}): Job {
  return {
    id: 'j1',
    rev: 1,
    type: 't',
    title: null,
    queue: 'q',
    status: 'pending',
    stage: null,
    progress: null,
    progressMessage: null,
    counts: null,
    userId: null,
    subject: null,
    priority: 5,
    tags: [],
    metadata: {},
    attempt: 0,
    maxAttempts: 3,
    createdAt: '2026-01-01T11:59:00.000Z',
    runAt: '2026-01-01T11:59:00.000Z',
    startedAt: null,
    updatedAt: '2026-01-01T11:59:00.000Z',
    completedAt: null,
    expiresAt: null,
    cancelRequestedAt: null,
    cancelReason: null,
    result: null,
    error: null,
    artifacts: [],
    children: null,
    parentId: null,
    batchId: null,
    scheduleKey: null,
    links: { self: '', events: '', result: '', cancel: '' },
    waitReason: null,
    waitText: null,
    waitMs: 0,
    durationMs: null,
    ...members,
  }
}

export class FakePage implements PageEnv {
  #hidden = false
  #listeners = new Set<() => void>()
  readonly waits: Map<object, { ms: number; fn: () => void }> = new Map()

  after(ms: number, fn: () => void): () => void {
    const key = {}
    this.waits.set(key, { ms, fn })
    return () => void this.waits.delete(key)
  }

  now(): number {
    return now
  }

  hidden(): boolean {
    return this.#hidden
  }

  onVisibility(fn: () => void): () => void {
    this.#listeners.add(fn)
    return () => void this.#listeners.delete(fn)
  }

  get listeners(): number {
    return this.#listeners.size
  }

  hide(hidden: boolean): void {
    this.#hidden = hidden
    for (const listener of this.#listeners) listener()
  }

  /** All that waits for so long, or less, comes now. */
  pass(ms: number): void {
    for (const [key, wait] of this.waits) {
      if (wait.ms > ms) continue
      this.waits.delete(key)
      wait.fn()
    }
  }
}
