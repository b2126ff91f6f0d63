// Small, so that it cannot rot. No timing is asserted.
import { expect, test } from 'vitest'
import { measureStreams } from './src/watch/streams.ts'

test('the measurement of open streams runs: changes reach their watchers', async () => {
  const figures = await measureStreams(50, { jobsPerSecond: 20, forMs: 1_500 })
  expect(figures.streams).toBe(50)
  expect(figures.received).toBeGreaterThan(0)
})
