// ahead: how many jobs are before others in their queues. One script a call.
import { list } from './reply.ts'
import type { Shard } from './shard.ts'

/** Jobs looked at in a queue. */
const most = 1_000

export async function ahead(shard: Shard, ids: string[]): Promise<(number | null)[]> {
  if (ids.length === 0) return []
  const before = list(await shard.run('ahead', [most, ids.length, ...ids])).map(Number)
  return before.map((n) => (n < 0 ? null : n))
}
