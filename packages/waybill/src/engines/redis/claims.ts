// claim and apply: first what was handed to the worker already, then over the shards. A claim takes from one shard, where
// its fence and lease live; the shard that a claim was answered from is asked first when it comes again.
import type { Claimed, ClaimRequest } from '../../engine/engine.ts'
import type { Applied, Change } from '../../job/change.ts'
import { apply } from './apply.ts'
import { exchange, waitForWork } from './exchange.ts'
import type { Handed } from './handed.ts'
import { textOrNull } from './reply.ts'
import type { Shard } from './shard.ts'
import { shardIndex, spread } from './shards.ts'

const nothing: Claimed = { fence: 0, jobs: [] }

export class Claims {
  readonly #shards: readonly Shard[]
  readonly #handed: Handed
  readonly #channel: () => string

  /** `channel`: where this process hears of jobs that are handed to its workers, '' while it does not. */
  constructor(shards: readonly Shard[], handed: Handed, channel: () => string) {
    this.#shards = shards
    this.#handed = handed
    this.#channel = channel
  }

  async claim(request: ClaimRequest): Promise<Claimed> {
    const handed = await this.#next(request, () => begin(this.#shards, request))
    if (handed) return handed
    if (this.#shards.length > 1) await begin(this.#shards, request)
    for (const shard of await inOrder(this.#shards, request)) {
      const { claimed } = await exchange(shard, [], request, this.#channel())
      if (claimed && claimed.fence !== 0) return claimed
    }
    return nothing
  }

  async applyAndClaim(
    changes: Change[],
    request: ClaimRequest | null,
  ): Promise<{ applied: Applied[]; claimed: Claimed | null }> {
    const [only] = this.#shards
    if (this.#shards.length === 1 && only && !(request && this.#handed.has(request.workerId)))
      return apply(only, changes, request, this.#channel())
    const applied = await spread(
      this.#shards,
      changes,
      ({ id }) => id,
      async (shard, some) => (await apply(shard, some, null)).applied,
    )
    return { applied, claimed: request ? await this.claim(request) : null }
  }

  // What was handed to the worker, once `first` is done; and that it has room for more, which nobody need wait for.
  async #next(request: ClaimRequest, first: () => Promise<void>): Promise<Claimed | null> {
    if (request.max <= 0 || !this.#handed.has(request.workerId)) return null
    await first()
    const handed = this.#handed.next(request.workerId)
    const channel = this.#channel()
    if (handed && request.max > 1 && channel !== '') {
      setImmediate(() => this.#waitForWork(request, channel)) // the job begins first
    }
    return handed
  }

  #waitForWork(request: ClaimRequest, channel: string): void {
    for (const shard of this.#shards) waitForWork(shard, request, channel).catch(() => {}) // its next claim says so again
  }
}

// What was begun belongs to leases of other shards than the one that is asked.
async function begin(shards: readonly Shard[], { begun = [], ...request }: ClaimRequest): Promise<void> {
  if (begun.length === 0) return
  const groups = Map.groupBy(begun, ({ fence }) => fence % shards.length)
  await Promise.all(
    shards.map(async (shard) => {
      const some = groups.get(shard.index)
      if (some) await exchange(shard, [], { ...request, claimId: '', max: 0, begun: some })
    }),
  )
}

async function inOrder(shards: readonly Shard[], { workerId, claimId }: ClaimRequest): Promise<readonly Shard[]> {
  if (shards.length === 1) return shards
  const known = await Promise.all(shards.map((shard) => shard.call('HGET', 'claims', `${workerId}\n${claimId}`)))
  const at = known.findIndex((fence) => textOrNull(fence) !== null)
  const first = at >= 0 ? at : shardIndex(claimId, shards.length)
  return [...shards.slice(first), ...shards.slice(0, first)]
}
