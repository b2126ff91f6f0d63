// The two stores of `waybill copy`, and what must be so before anything is copied: a store to copy from, at rest; another
// one to copy to.
import { existsSync } from 'node:fs'
import type { Engine } from '../../engine/engine.ts'
import { openEngine, withoutSecrets } from '../../engines/registry.ts'
import { newId } from '../../lib/ids.ts'
import { fileOf } from '../doctor/store.ts'
import { UsageError } from '../exit.ts'

export interface Stores {
  from: Engine
  to: Engine
}

/** Runs `use` with both stores, the second one migrated, and closes them whatever happens. */
export async function withStores<T>(fromUrl: string, toUrl: string, use: (stores: Stores) => Promise<T>): Promise<T> {
  if (fromUrl === toUrl) throw sameStore()
  const file = fileOf(fromUrl)
  if (file !== null && !existsSync(file)) throw noStore(fromUrl)
  const from = await openEngine(fromUrl)
  try {
    const { found, wanted } = await from.schema()
    if (found !== wanted) throw found === 0 ? noStore(fromUrl) : otherLayout(fromUrl, found, wanted)
    return await withTarget(from, toUrl, use)
  } finally {
    await from.close()
  }
}

async function withTarget<T>(from: Engine, toUrl: string, use: (stores: Stores) => Promise<T>): Promise<T> {
  const to = await openEngine(toUrl)
  try {
    await to.migrate()
    if (await isSame({ from, to })) throw sameStore()
    return await use({ from, to })
  } finally {
    await to.close()
  }
}

// Two URLs may name one store in many ways: what is written into the one is looked for in the other.
async function isSame({ from, to }: Stores): Promise<boolean> {
  const mark = newId()
  await to.putDoc('copy', mark, {}, 0)
  const seen = await from.docs('copy', mark)
  await to.putDoc('copy', mark, null, null)
  return seen.length > 0
}

/** Throws when a job is being run or a worker is there: what it does from now on would be missing in the copy. */
export async function refuseBusy({ from }: Stores): Promise<void> {
  const [workers, { processing }] = await Promise.all([from.workers(), from.count({})])
  if (workers.length > 0)
    throw new Error(
      `${workers.length} worker${workers.length === 1 ? ' is' : 's are'} running on the store to copy from (${workers.map(({ name }) => name).join(', ')}): stop them first; one that was killed is forgotten within seconds`,
    )
  if (processing > 0)
    throw new Error(
      `${processing} jobs are being run in the store to copy from: let their workers stop; those of a worker that was killed go back once \`waybill serve\` or a worker has run on that store for a moment after their lease`,
    )
}

function sameStore(): UsageError {
  return new UsageError('FROM and TO are the same store')
}

function noStore(url: string): UsageError {
  return new UsageError(`FROM: there is no Waybill store at ${withoutSecrets(url)}`)
}

function otherLayout(url: string, found: number, wanted: number): Error {
  const cure = found < wanted ? 'run `waybill migrate` on it first' : 'use the version of Waybill that wrote it'
  return new Error(`FROM: ${withoutSecrets(url)} has layout ${found}, this version reads ${wanted}: ${cure}`)
}
