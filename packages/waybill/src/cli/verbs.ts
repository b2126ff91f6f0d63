// The table of verbs. Each is loaded when it is asked for.
import type { Verb } from './verb.ts'

export const verbs: Record<string, () => Promise<Verb>> = {
  dev: async () => (await import('./verbs/run.ts')).dev,
  serve: async () => (await import('./verbs/run.ts')).serve,
  work: async () => (await import('./verbs/run.ts')).work,
  submit: async () => (await import('./verbs/submit.ts')).submit,
  get: async () => (await import('./verbs/jobs.ts')).get,
  watch: async () => (await import('./verbs/jobs.ts')).watch,
  list: async () => (await import('./verbs/jobs.ts')).list,
  result: async () => (await import('./verbs/jobs.ts')).result,
  logs: async () => (await import('./verbs/jobs.ts')).logs,
  cancel: async () => (await import('./verbs/jobs.ts')).cancel,
  retry: async () => (await import('./verbs/jobs.ts')).retry,
  keys: async () => (await import('./verbs/keys.ts')).keys,
  token: async () => (await import('./verbs/keys.ts')).token,
  migrate: async () => (await import('./verbs/store.ts')).migrate,
  doctor: async () => (await import('./verbs/doctor.ts')).doctor,
  openapi: async () => (await import('./verbs/store.ts')).openapi,
}
