// The entry of `waybill/client`.
export { WaybillClient } from './client.ts'
export type { ClientOptions } from './client.ts'
export type { ClientEnv, Nudge } from './env.ts'
export { WaybillClientError } from './errors.ts'
export { remaining } from './estimate.ts'
export type { Remaining } from './estimate.ts'
export type { FieldProblem } from './errors.ts'
export type { OnGone } from './follower.ts'
export type {
  BatchJob,
  BatchOptions,
  CancelOptions,
  JobPage,
  ListOptions,
  LookedUp,
  SubmitOptions,
  SubmittedBatch,
  WatchAllOptions,
  WatchOptions,
} from './options.ts'
export type { TokenSource } from './token.ts'
export { isEnded } from './views.ts'
export type { Batch, Estimate, Job, ViewToken } from './views.ts'
export type { Connection } from './watching.ts'
