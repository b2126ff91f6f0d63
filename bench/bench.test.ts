// Each bench runs once, small: it cannot rot unseen. No timing is asserted.
import { expect, test } from 'vitest'
import { benches } from './src/benches.ts'

test.each(benches.map((bench) => [bench.name, bench] as const))(
  'the bench "%s" runs and hands back figures',
  async (_, bench) => {
    const figures = await bench.run('small')
    expect(figures.length).toBeGreaterThan(0)
    expect(figures.filter((figure) => !(figure.value > 0))).toEqual([])
  },
)
