// The jobs of one store into another, oldest first, a page at a time. Run again, it leaves out what is there already.
// A page that the store cannot give in time (jobs may be large) is asked for in smaller parts, down to a single job.
import type { ListPage } from '../../engine/engine.ts'
import { saved } from '../../engine/saved.ts'
import { WaybillError } from '../../job/errors.ts'
import type { Stores } from './stores.ts'

/** Jobs read and written at a time. */
const pageSize = 200

export interface Copied {
  copied: number
  /** Were there already. */
  present: number
}

/** `told` hears after each page. What was copied when it fails stays copied. */
export async function copyJobs(stores: Stores, told: (soFar: Copied) => void): Promise<Copied> {
  const soFar: Copied = { copied: 0, present: 0 }
  for (let after: string | null = null, more = true; more; ) {
    const page = await nextPage(stores, after, pageSize)
    const ids = page.records.map(({ id }) => id)
    const { copied, present } = await copySome(stores, ids)
    soFar.copied += copied
    soFar.present += present
    told({ ...soFar })
    after = page.next
    more = after !== null
  }
  return soFar
}

async function nextPage(stores: Stores, after: string | null, limit: number): Promise<ListPage> {
  try {
    return await stores.from.list({ filter: {}, limit, oldestFirst: true, after })
  } catch (error) {
    if (!isUnavailable(error) || limit === 1) throw error
    return nextPage(stores, after, Math.ceil(limit / 2))
  }
}

async function copySome(stores: Stores, ids: string[]): Promise<Copied> {
  try {
    return await copyTogether(stores, ids)
  } catch (error) {
    if (!isUnavailable(error) || ids.length <= 1) throw error
    const half = Math.ceil(ids.length / 2)
    const first = await copySome(stores, ids.slice(0, half))
    const second = await copySome(stores, ids.slice(half))
    return { copied: first.copied + second.copied, present: first.present + second.present }
  }
}

async function copyTogether({ from, to }: Stores, ids: string[]): Promise<Copied> {
  const revs = await to.revs(ids)
  const wanted = ids.filter((_, i) => revs[i] === null)
  const answers = await to.restore(await saved(from, wanted))
  const copied = answers.filter((answer) => answer === 'stored').length
  return { copied, present: ids.length - copied }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof WaybillError && error.code === 'engine_unavailable'
}
