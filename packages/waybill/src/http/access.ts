// What the routes ask of auth: who is calling, and may they. The one place that knows scopes by name.
import { WaybillError } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'

export interface Principal {
  userId: string | null
  scopes: ReadonlySet<string>
  tier: string | null
  operator: boolean
  name: string
  /** A token for these jobs alone. */
  jobs?: ReadonlySet<string>
  /** ms since the epoch. */
  expiresAt?: number
}

export type Owned = Pick<JobRecord, 'id' | 'userId'>
export type Verb = 'read' | 'control' | 'signal'
type JobsScope = 'submit' | Verb

/** Throws 403 unless the caller has `jobs:<verb>`, for own jobs at least. */
export function needScope(principal: Principal, verb: JobsScope): void {
  if (!mayOwn(principal, verb) && !mayAll(principal, verb)) throw lacks(`jobs:${verb}`)
}

/** Throws 403 unless the caller has exactly this scope. */
export function needExactly(principal: Principal, scope: string): void {
  if (!hasScope(principal, scope)) throw lacks(scope)
}

/** Throws 403 unless the caller may work for some queue at least. */
export function needWork(principal: Principal): void {
  if (servedQueues(principal)?.length === 0) throw lacks('work')
}

/** The queues that the caller may work for; null: all. */
export function servedQueues(principal: Principal): string[] | null {
  if (hasScope(principal, 'work')) return null
  return [...principal.scopes].flatMap((scope) => (scope.startsWith('work:') ? scope.slice('work:'.length) : []))
}

export function mayServe(principal: Principal, queue: string): boolean {
  return servedQueues(principal)?.includes(queue) ?? true
}

export function hasScope(principal: Principal, scope: string): boolean {
  return principal.operator || principal.scopes.has(scope)
}

/** May it for its own jobs? Whoever controls a job may also send it signals. */
export function mayOwn(principal: Principal, verb: JobsScope): boolean {
  return hasScope(principal, `jobs:${verb}`) || (verb === 'signal' && hasScope(principal, 'jobs:control'))
}

/** May it for the jobs of all owners? */
export function mayAll(principal: Principal, verb: JobsScope): boolean {
  if (principal.jobs !== undefined) return false
  return hasScope(principal, `jobs:${verb}:any`) || (verb === 'signal' && hasScope(principal, 'jobs:control:any'))
}

function lacks(scope: string): WaybillError {
  return new WaybillError('insufficient_scope', `this needs the scope ${scope}; ask for a key or token that has it`)
}
