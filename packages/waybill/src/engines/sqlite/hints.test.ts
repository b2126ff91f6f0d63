// How other processes' commits are noticed.
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock, type Clock } from '../../lib/clock.ts'
import { aPlace } from './fixture.ts'
import { Hints } from './hints.ts'

/** Without the slow look that would come round in any case. */
const noBackstop: Clock = {
  now: () => systemClock.now(),
  after: (ms, fn, keepsAlive) => (ms >= 500 ? () => {} : systemClock.after(ms, fn, keepsAlive)),
}

test('a commit that becomes visible after its event is noticed, also when an earlier one was seen in between', async () => {
  const { dir, remove } = aPlace()
  const path = join(dir, 'jobs.db')
  writeFileSync(`${path}-wal`, '')
  let version = 1
  let told = 0
  const hints = new Hints(path, noBackstop, () => version)
  const second = new Promise<void>((resolve) => {
    hints.add(() => {
      told++
      if (told === 1)
        setImmediate(() => version++) // the later commit: its event came before this one was seen
      else resolve()
    })
  })
  version++
  appendFileSync(`${path}-wal`, 'x')
  await second
  hints.stop()
  expect(told).toBe(2)
  remove()
})
