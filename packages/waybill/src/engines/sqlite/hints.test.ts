// When the file of another process's commits changes, the engine looks at once, whatever it was waiting for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../lib/clock.ts'
import { Hints } from './hints.ts'

/** Timers that fire when told to. */
class Timers implements Clock {
  readonly #open = new Set<{ ms: number; fn: () => void }>()

  now(): number {
    return 0
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { ms, fn }
    this.#open.add(timer)
    return () => void this.#open.delete(timer)
  }

  get waits(): number[] {
    return [...this.#open].map(({ ms }) => ms)
  }

  fire(ms: number): void {
    for (const timer of this.#open) {
      if (timer.ms !== ms) continue
      this.#open.delete(timer)
      return timer.fn()
    }
    throw new Error(`no timer of ${ms} ms, only of ${this.waits.join(', ')}`)
  }
}

const backstopMs = 500

test('a commit that comes while the next look is far off is looked for at once', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-hints-'))
  const path = join(dir, 'jobs.db')
  const change = (text: string) => writeFileSync(`${path}-wal`, text)
  change('')
  const timers = new Timers()
  const hints = new Hints(path, timers, () => 1)
  const unwatch = hints.add(() => {})
  onTestFinished(() => {
    unwatch()
    rmSync(dir, { recursive: true })
  })
  change('one commit')
  await expect.poll(() => timers.waits).toEqual([backstopMs, 0])
  for (const ms of [0, 1, 2, 4, 8]) timers.fire(ms)
  expect(timers.waits).toEqual([backstopMs, 16])
  change('another commit')
  await expect.poll(() => timers.waits).toEqual([backstopMs, 0])
})
