// A reader that turns the pages of one list, a page a command, while everything else goes on; each side has its own cursor.
import { statuses } from '../../../job/status.ts'
import type { Engine, JobFilter } from '../../engine.ts'
import { same, type Pair, type Side } from './pair.ts'

export async function turnPage(pair: Pair, a: number, b: number): Promise<void> {
  const reading = (pair.reading ??= {
    filter: drawn(pair.engine, a, b),
    oldestFirst: b % 2 === 0,
    after: { real: null, model: null },
  })
  const { filter, oldestFirst, after } = reading
  const page = (engine: Engine, side: Side) =>
    engine.list({ filter, oldestFirst, limit: 1 + (a % 3), after: after[side] })
  const real = await page(pair.engine, 'real')
  const model = await page(pair.model, 'model')
  same(shown(real), shown(model), `the page of ${JSON.stringify(filter)}`)
  reading.after = { real: real.next, model: model.next }
  if (real.next === null) pair.reading = null
}

function shown({ records, next }: Awaited<ReturnType<Engine['list']>>): unknown {
  return { records: records.map(({ id, rev, status }) => [id, rev, status]), more: next !== null }
}

// Times move by whole seconds in these lives: half of one apart, small differences of the clocks do not count.
function drawn(engine: Engine, a: number, b: number): JobFilter {
  const since = engine.now() - 500 - 1_000 * (b % 6)
  const filters: JobFilter[] = [
    {},
    { queue: `q${b % 2}` },
    { userId: ['ada', 'bob', null][b % 3] ?? null },
    { subject: 's' },
    { tag: 't', queue: 'q0' },
    { text: `t${b % 9}` },
    { status: statuses.filter((_, n) => (b >> n) % 2 === 1) },
    { status: ['failed', 'cancelled'], type: 'demo' },
    { createdAfter: since },
    { createdBefore: since, userId: 'ada' },
    { updatedSince: since },
  ]
  return filters[a % filters.length] ?? {}
}
