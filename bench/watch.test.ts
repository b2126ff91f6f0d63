// Each measurement of watching runs once, small: it cannot rot unseen. No timing is asserted.
import { expect, test } from 'vitest'
import { quick } from './src/watch/extent.ts'
import { measures } from './src/watch/measures.ts'

test.each(measures.map((measure) => [measure.name, measure] as const))(
  'the measurement "%s" of watching runs and hands back figures',
  async (_, measure) => {
    const figures = await measure.run(quick)
    expect(figures.length).toBeGreaterThan(0)
    expect(figures.filter(({ value }) => !Number.isFinite(value))).toEqual([])
  },
  180_000,
)
