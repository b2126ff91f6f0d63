// Real servers for tests and measurements: PostgreSQL, Redis, Redis Cluster, PgBouncer, and a network that fails when told.
export { type Cluster, startCluster } from './cluster.ts'
export { startPgBouncer } from './pgbouncer.ts'
export { startPostgres, type StartOptions } from './postgres.ts'
export type { Server } from './process.ts'
export { type Proxy, startProxy } from './proxy.ts'
export { startRedis } from './redis.ts'
export { startSentinel } from './sentinel.ts'
export { freshDatabase, postgresUrl, redisUrl } from './shared.ts'
