// The table of verbs. Each is loaded when it is asked for.
import type { Verb } from './verb.ts'

export const verbs: Record<string, () => Promise<Verb>> = {
  dev: async () => (await import('./verbs/dev.ts')).dev,
  serve: async () => (await import('./verbs/serve.ts')).serve,
  work: async () => (await import('./verbs/work.ts')).work,
  submit: async () => (await import('./verbs/submit.ts')).submit,
  get: async () => (await import('./verbs/get.ts')).get,
  watch: async () => (await import('./verbs/watch.ts')).watch,
  list: async () => (await import('./verbs/list.ts')).list,
  result: async () => (await import('./verbs/result.ts')).result,
  logs: async () => (await import('./verbs/logs.ts')).logs,
  cancel: async () => (await import('./verbs/cancel.ts')).cancel,
  retry: async () => (await import('./verbs/retry.ts')).retry,
  signal: async () => (await import('./verbs/signal.ts')).signal,
  schedules: async () => (await import('./verbs/schedules.ts')).schedules,
  stats: async () => (await import('./verbs/stats.ts')).stats,
  keys: async () => (await import('./verbs/keys.ts')).keys,
  token: async () => (await import('./verbs/token.ts')).token,
  migrate: async () => (await import('./verbs/migrate.ts')).migrate,
  copy: async () => (await import('./verbs/copy.ts')).copy,
  doctor: async () => (await import('./verbs/doctor.ts')).doctor,
  openapi: async () => (await import('./verbs/openapi.ts')).openapi,
}
