// Which shard a job lives on, and how the answers of several shards become one. One shard is the common case and costs nothing.
import type { Shard } from './shard.ts'

/** FNV-1a: spreads ids evenly and is the same everywhere, for ever. */
export function shardIndex(id: string, shards: number): number {
  if (shards === 1) return 0
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % shards
}

export function shardOf(shards: readonly Shard[], id: string): Shard {
  const shard = shards[shardIndex(id, shards.length)]
  if (shard) return shard
  throw new Error('Redis: a store has at least one shard')
}

/** Sends each item to its shard and puts the answers back in order. */
export async function spread<In, Out>(
  shards: readonly Shard[],
  items: readonly In[],
  id: (item: In) => string,
  run: (shard: Shard, items: In[]) => Promise<Out[]>,
): Promise<Out[]> {
  const [only] = shards
  if (shards.length === 1 && only) return run(only, [...items])
  const groups = new Map<Shard, number[]>()
  for (const [i, item] of items.entries()) {
    const shard = shards[shardIndex(id(item), shards.length)]
    if (shard) groups.set(shard, [...(groups.get(shard) ?? []), i])
  }
  const answers = new Map<number, Out>()
  await Promise.all(
    [...groups].map(async ([shard, places]) => {
      const some = await run(
        shard,
        places.flatMap((i) => items[i] ?? []),
      )
      for (const [at, answer] of some.entries()) answers.set(places[at] ?? -1, answer)
    }),
  )
  return items.map((_, i) => {
    const answer = answers.get(i)
    if (answer === undefined) throw new Error('Redis: a shard left an item without an answer')
    return answer
  })
}
