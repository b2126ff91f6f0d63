// How a job is answered: the owner's view from the cache or the operator's, its entity tag, and when to ask again.
import { isEnd } from '../../job/status.ts'
import type { JobRecord } from '../../job/record.ts'
import type { Entry, Wait } from '../../watch/entry.ts'
import type { Source } from '../../watch/near-cache.ts'
import { liveMembers, operatorMembers, staticView, type JobView, type OperatorJobView } from '../../wire/job-view.ts'
import { json, type Call } from '../call.ts'

/** 200 with the owner's view, or 304. */
export function jobAnswer(call: Call, entry: Entry, wait: Wait, source: Source): Response {
  const { server } = call
  const now = server.parts.watch.now()
  server.metrics.read(source)
  const headers = call.headers()
  headers['etag'] = entry.etag
  headers['waybill-source'] = source
  const again = retryAfter(entry.record, now)
  if (again !== null) headers['retry-after'] = again
  if (matchesTag(call.header('if-none-match'), entry.etag)) return new Response(null, { status: 304, headers })
  headers['content-type'] = json
  return new Response(entry.json(now, wait), { status: 200, headers })
}

/** When asking again makes sense: sooner for a young job; null for one that has ended. */
export function retryAfter(job: JobRecord, now: number): string | null {
  if (isEnd(job.status)) return null
  const age = now - job.createdAt
  return age < 10_000 ? '1' : age < 60_000 ? '2' : '5'
}

export function ownerView(job: JobRecord, base: string, now: number, wait: Wait): JobView {
  return { ...staticView(job, base), ...liveMembers(job, now, wait) }
}

export function operatorView(job: JobRecord, base: string, now: number, wait: Wait): OperatorJobView {
  return { ...staticView(job, base), ...operatorMembers(job), ...liveMembers(job, now, wait) }
}

/** If-None-Match, weakly compared. */
export function matchesTag(given: string | null, tag: string): boolean {
  if (given === null) return false
  if (given === tag || given === '*') return true
  if (!given.includes(',') && given.startsWith('W/')) return false
  const opaque = tag.slice(2)
  return given.split(',').some((one) => one.trim().replace(/^W\//, '') === opaque)
}

/** The rev in an entity tag of ours; null when there is none. */
export function revOfTag(given: string | null): number | null {
  const rev = /^(?:W\/)?"(\d{1,15})-/.exec(given ?? '')?.[1]
  return rev === undefined ? null : Number(rev)
}
