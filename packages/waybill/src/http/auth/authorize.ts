// May this caller do that to this job? The one answer for REST, streams, logs, cancel and everything else.
import { mayAll, mayOwn, type Owned, type Principal, type Verb } from '../access.ts'

/** A job without an owner is the operators' alone. A "no" must look exactly like "there is no such job". */
export function authorize(job: Owned, principal: Principal, verb: Verb): boolean {
  if (principal.operator) return true
  if (principal.jobs && (verb === 'control' || !principal.jobs.has(job.id))) return false
  if (mayAll(principal, verb)) return true
  return mayOwn(principal, verb) && owns(principal, job)
}

function owns(principal: Principal, job: Owned): boolean {
  return principal.userId !== null && job.userId === principal.userId
}
