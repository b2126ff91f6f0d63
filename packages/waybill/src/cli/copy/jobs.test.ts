// Stores that cannot give much at once, as with large jobs, are copied all the same; ones that are away end the copy.
import { expect, test } from 'vitest'
import { ModelEngine } from '../../engine/conformance/index.ts'
import { aJob } from '../../engine/conformance/subject.ts'
import type { Include, JobDetails, ListPage, ListRequest, Tombstone } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { copyJobs } from './jobs.ts'

class Slow extends ModelEngine {
  most = 0

  override list(request: ListRequest): Promise<ListPage> {
    return request.limit > 4 * this.most ? tooMuch() : super.list(request)
  }

  override get(ids: string[], include?: Include): Promise<(JobDetails | Tombstone | null)[]> {
    return ids.length > this.most ? tooMuch() : super.get(ids, include)
  }
}

function tooMuch(): Promise<never> {
  return Promise.reject(new WaybillError('engine_unavailable', 'it did not answer in time'))
}

test.each([[3], [1]])('a store that gives %i jobs at a time is copied, in order', async (most) => {
  const [from, to] = [new Slow({ now: () => 0 }), new ModelEngine({ now: () => 0 })]
  from.most = most
  const jobs = Array.from({ length: 50 }, () => aJob())
  await from.insert(jobs)
  const seen: number[] = []
  expect(await copyJobs({ from, to }, ({ copied }) => void seen.push(copied))).toEqual({ copied: 50, present: 0 })
  const { records } = await to.list({ filter: {}, limit: 100, oldestFirst: true })
  expect(records.map(({ id }) => id)).toEqual(jobs.map(({ spec }) => spec.id))
  expect(seen.at(-1)).toBe(50)
})

test('a store that is away is said to be', async () => {
  const [from, to] = [new Slow({ now: () => 0 }), new ModelEngine({ now: () => 0 })]
  await expect(copyJobs({ from, to }, () => {})).rejects.toThrow('did not answer in time')
})
