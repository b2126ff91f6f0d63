'use client'
// The entry of `waybill/react`. The line above makes it, and all that it imports, a client's part for frameworks that
// render on the server.
export { WaybillClient, WaybillClientError, isEnded } from '../client/index.ts'
export type { Job } from '../client/index.ts'
export type { Connection } from '../page/snapshot.ts'
export type { Filter } from '../page/store.ts'
export { JobProgress, type JobProgressProps } from './job-progress.ts'
export { useWaybill, WaybillProvider, type WaybillProviderProps } from './provider.ts'
export { useJob, type Defined, type ResultOf, type UseJob, type UseOptions } from './use-job.ts'
export { useJobs, type UseJobs } from './use-jobs.ts'
