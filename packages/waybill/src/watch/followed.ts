// Who follows what: followers by job id and by filter.
import type { JobRecord } from '../job/record.ts'
import type { Follower } from './follower.ts'
import { filterKey, matches, type Interest, type InterestFilter } from './interest.ts'

export interface FollowedFilter {
  filter: InterestFilter
  followers: Set<Follower>
  /** Start of the last complete read of what it matches, on the engine's clock. */
  readAt: number
}

export class Followed {
  readonly byId: Map<string, Set<Follower>> = new Map()
  readonly filters: Map<string, FollowedFilter> = new Map()
  /** The same by the owner they name, so that a job is not held against those of all others; '' where they name none. */
  readonly #byOwner = new Map<string, Set<FollowedFilter>>()

  get any(): boolean {
    return this.byId.size > 0 || this.filters.size > 0
  }

  /** Whether a change of this job is of interest to anyone. `mayHaveEnded`: it is not known to be one before the end. */
  wants(id: string, mayHaveEnded: boolean): boolean {
    const followers = this.byId.get(id)
    if (!followers || mayHaveEnded) return followers !== undefined
    for (const { untilEnd } of followers) if (!untilEnd) return true
    return false
  }

  add(interest: Interest, follower: Follower, now: number): void {
    if ('ids' in interest) for (const id of interest.ids) this.#addId(id, follower)
    else this.#addFilter(interest.filter, follower, now)
  }

  remove(interest: Interest, follower: Follower): void {
    if ('ids' in interest) for (const id of interest.ids) this.removeId(id, follower)
    else this.#removeFilter(interest.filter, follower)
  }

  removeId(id: string, follower: Follower): void {
    const followers = this.byId.get(id)
    followers?.delete(follower)
    if (followers?.size === 0) this.byId.delete(id)
  }

  /** Everyone who asked for this job, by id or filter. */
  *of(job: JobRecord, except?: Follower): Iterable<Follower> {
    for (const follower of this.byId.get(job.id) ?? []) if (follower !== except) yield follower
    for (const { followers } of this.#fitting(job)) for (const one of followers) if (one !== except) yield one
  }

  /** Whether the job is one of those that a filter names. */
  fits(job: JobRecord): boolean {
    return this.#fitting(job).next().done !== true
  }

  *#fitting(job: JobRecord): Generator<FollowedFilter, void> {
    for (const owner of job.userId ? ['', job.userId] : [''])
      for (const followed of this.#byOwner.get(owner) ?? []) if (matches(job, followed.filter)) yield followed
  }

  #addId(id: string, follower: Follower): void {
    const followers = this.byId.get(id)
    if (followers) followers.add(follower)
    else this.byId.set(id, new Set([follower]))
  }

  #addFilter(filter: InterestFilter, follower: Follower, now: number): void {
    const key = filterKey(filter)
    const known = this.filters.get(key)
    if (known) known.followers.add(follower)
    else this.#addNew(key, { filter, followers: new Set([follower]), readAt: now })
  }

  #addNew(key: string, followed: FollowedFilter): void {
    this.filters.set(key, followed)
    const owner = followed.filter.userId ?? ''
    this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? new Set()).add(followed))
  }

  #removeFilter(filter: InterestFilter, follower: Follower): void {
    const key = filterKey(filter)
    const known = this.filters.get(key)
    known?.followers.delete(follower)
    if (known?.followers.size !== 0) return
    this.filters.delete(key)
    const owner = filter.userId ?? ''
    const others = this.#byOwner.get(owner)
    others?.delete(known)
    if (others?.size === 0) this.#byOwner.delete(owner)
  }
}
