// A batch of one to three jobs: ids that may be taken, keys that may be known, holds that may stand, queues that may be full, all or none.
import type { NewJob } from '../../engine.ts'
import type { Hold } from '../../hold.ts'
import { defaultPolicy } from '../../../job/policy.ts'
import { aJob } from '../subject.ts'
import type { Pair } from './pair.ts'

export async function insertSome(pair: Pair, a: number, b: number): Promise<void> {
  const jobs = Array.from({ length: 1 + (a % 3) }, (_, n) => drawn(pair, a + 7 * n, b + 5 * n))
  const answers = await pair.both('insert', async (engine) => {
    const inserted = await engine.insert(jobs, { atomic: b % 2 === 0 })
    return inserted.map((one) => ({ ...one, record: one.outcome === 'created' ? one.record.status : null }))
  })
  pair.ids.push(...answers.flatMap(({ outcome, id }) => (outcome === 'created' && !pair.ids.includes(id) ? [id] : [])))
}

function drawn(pair: Pair, a: number, b: number): NewJob {
  const known = a % 4 === 0 ? pair.ids[b % Math.max(1, pair.ids.length)] : undefined
  const policy = b % 4 === 0 ? { ...defaultPolicy, startWithinMs: 5_000 } : defaultPolicy
  const rarer = b % 3 === 0 ? { title: `T${a}`, tags: ['t'], subject: 's', metadata: { a } } : {}
  return aJob(
    {
      id: known ?? `j${++pair.made}`,
      queue: `q${b % 2}`,
      priority: [1, 5, 10][a % 3] ?? 5,
      userId: ['ada', 'bob', null][a % 3] ?? null,
      policy,
      ...rarer,
    },
    {
      delayMs: a % 5 === 0 ? 3_000 : 0,
      maxPending: b % 7 === 0 ? 3 : null,
      idempotency: b % 4 === 1 ? { key: `k${b % 3}`, hash: `h${(a >> 3) % 2}`, keepMs: 50_000 } : null,
      inputJson: JSON.stringify({ a, b }),
      ...(b % 5 < 2 ? { holds: drawnHolds(pair, a, b) } : {}),
    },
  )
}

function drawnHolds(pair: Pair, a: number, b: number): Hold[] {
  const ms = a % 3 === 0 ? 50_000 : null
  const instead = a % 7 === 0 ? (pair.ids.at(-1) ?? null) : null
  return [{ key: `h${b % 3}`, ms, instead, strict: a % 2 === 0 }]
}
