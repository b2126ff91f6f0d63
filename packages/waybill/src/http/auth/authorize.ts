// May this caller do that to this job? The one answer for REST, streams, logs, cancel and everything else.
import { hasScope, mayAll, type Owned, type Principal, type Verb } from '../access.ts'

/** A job without an owner is the operators' alone. A "no" must look exactly like "there is no such job". */
export function authorize(job: Owned, principal: Principal, verb: Verb): boolean {
  if (principal.operator) return true
  if (principal.jobs) return verb === 'read' && principal.jobs.has(job.id) && owns(principal, job)
  if (mayAll(principal, verb)) return true
  return hasScope(principal, `jobs:${verb}`) && owns(principal, job)
}

function owns(principal: Principal, job: Owned): boolean {
  return principal.userId !== null && job.userId === principal.userId
}
