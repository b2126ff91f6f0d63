// Every environment variable, with its default and meaning: the one table that reading, errors and the docs share.

export interface Variable {
  /** The first wins over the second. */
  names: readonly [string, ...string[]]
  default: string
  meaning: string
  /** May be given as `<NAME>_FILE`, the path of a file that holds it. */
  secret?: true
}

export type VariableName =
  | 'engine'
  | 'accelerator'
  | 'prefix'
  | 'statusTtl'
  | 'host'
  | 'port'
  | 'basePath'
  | 'apiKeys'
  | 'jwtSecret'
  | 'jwksUrl'
  | 'jwtIssuer'
  | 'jwtAudience'
  | 'tokenSecret'
  | 'migrate'
  | 'workerPort'
  | 'queues'
  | 'concurrency'
  | 'isolate'
  | 'memoryMb'
  | 'lease'
  | 'timeout'
  | 'softTimeout'
  | 'maxAttempts'
  | 'backoff'
  | 'retention'
  | 'retentionFailed'
  | 'maxPending'
  | 'corsOrigins'
  | 'shutdownGrace'
  | 'logLevel'
  | 'streamsPerUser'
  | 'streams'
  | 'serverUrl'
  | 'serverKey'

export const variables: Readonly<Record<VariableName, Variable>> = {
  engine: {
    names: ['WAYBILL_DATABASE_URL', 'DATABASE_URL'],
    default: 'sqlite:./waybill.db',
    meaning: 'the engine: `sqlite:PATH`, `postgres://…`, `redis://…`',
    secret: true,
  },
  accelerator: {
    names: ['WAYBILL_REDIS_URL', 'REDIS_URL'],
    default: '',
    meaning: 'a Redis in front of SQLite or PostgreSQL: faster news and reads; it may vanish at any moment',
    secret: true,
  },
  prefix: { names: ['WAYBILL_PREFIX'], default: 'wb:', meaning: 'begins every key of that Redis; one for each store' },
  statusTtl: {
    names: ['WAYBILL_STATUS_TTL'],
    default: '300s',
    meaning: 'how long that Redis keeps the status of a job that nobody reads',
  },
  host: {
    names: ['WAYBILL_HOST', 'HOST'],
    default: '127.0.0.1',
    meaning: 'address to listen on; other than loopback only with auth',
  },
  port: { names: ['WAYBILL_PORT', 'PORT'], default: '8012', meaning: 'port to listen on' },
  basePath: { names: ['WAYBILL_BASE_PATH'], default: '/api/v1', meaning: 'path of the API' },
  apiKeys: {
    names: ['WAYBILL_API_KEYS'],
    default: '',
    meaning: 'operator keys with all scopes, separated by commas',
    secret: true,
  },
  jwtSecret: {
    names: ['WAYBILL_JWT_SECRET'],
    default: '',
    meaning: 'accept HS256 tokens signed with this secret',
    secret: true,
  },
  jwksUrl: {
    names: ['WAYBILL_JWT_JWKS_URL'],
    default: '',
    meaning: 'accept RS256, ES256 and EdDSA tokens with keys from here',
  },
  jwtIssuer: { names: ['WAYBILL_JWT_ISSUER'], default: '', meaning: 'required `iss` of tokens' },
  jwtAudience: { names: ['WAYBILL_JWT_AUDIENCE'], default: '', meaning: 'required `aud` of tokens' },
  tokenSecret: {
    names: ['WAYBILL_TOKEN_SECRET'],
    default: '',
    meaning: 'signs view tokens and the leases of workers in other languages; unset: one is made and kept in the store',
    secret: true,
  },
  migrate: {
    names: ['WAYBILL_MIGRATE'],
    default: '1',
    meaning: '`1`: migrate at start; `0`: refuse to start on an old layout',
  },
  workerPort: { names: ['WAYBILL_WORKER_PORT'], default: '', meaning: '`/livez /readyz /metrics` of a `work` process' },
  queues: { names: ['WAYBILL_QUEUES'], default: '*', meaning: 'queues that a worker serves, separated by commas' },
  concurrency: { names: ['WAYBILL_CONCURRENCY'], default: '8', meaning: 'jobs that a worker runs at once' },
  isolate: {
    names: ['WAYBILL_ISOLATE'],
    default: 'none',
    meaning:
      'where a worker runs jobs: `none` (in itself), `thread` or `process` (in threads or processes of their own)',
  },
  memoryMb: {
    names: ['WAYBILL_MEMORY_MB'],
    default: '1024',
    meaning: 'megabytes that such a thread or process may take; more ends it',
  },
  lease: {
    names: ['WAYBILL_LEASE'],
    default: '15s',
    meaning: 'how long a silent worker keeps its jobs; renewed every third of it',
  },
  timeout: { names: ['WAYBILL_TIMEOUT'], default: '30m', meaning: 'hard limit of an attempt' },
  softTimeout: { names: ['WAYBILL_SOFT_TIMEOUT'], default: '25m', meaning: 'when an attempt is asked to wind up' },
  maxAttempts: { names: ['WAYBILL_MAX_ATTEMPTS'], default: '3', meaning: 'attempts of a job, the first included' },
  backoff: { names: ['WAYBILL_BACKOFF'], default: '60s', meaning: 'wait before the first retry; doubles, with jitter' },
  retention: {
    names: ['WAYBILL_RETENTION'],
    default: '24h',
    meaning: 'how long completed and cancelled jobs are kept',
  },
  retentionFailed: { names: ['WAYBILL_RETENTION_FAILED'], default: '7d', meaning: 'how long failed jobs are kept' },
  maxPending: {
    names: ['WAYBILL_MAX_PENDING'],
    default: '100000',
    meaning: 'waiting jobs a queue holds before `queue_full`',
  },
  corsOrigins: {
    names: ['WAYBILL_CORS_ORIGINS'],
    default: '',
    meaning: 'origins of pages that may call the API, separated by commas',
  },
  shutdownGrace: {
    names: ['WAYBILL_SHUTDOWN_GRACE'],
    default: '25s',
    meaning: 'how long running jobs may go on after SIGTERM',
  },
  logLevel: { names: ['WAYBILL_LOG_LEVEL'], default: 'info', meaning: '`debug`, `info`, `warn` or `error`' },
  streamsPerUser: {
    names: ['WAYBILL_STREAMS_PER_USER'],
    default: '5',
    meaning: 'event streams that one user may hold open',
  },
  streams: { names: ['WAYBILL_STREAMS'], default: '10000', meaning: 'event streams in all' },
  serverUrl: {
    names: ['WAYBILL_URL'],
    default: '',
    meaning: 'command line: speak to this server; unset: to the engine itself',
  },
  serverKey: {
    names: ['WAYBILL_API_KEY'],
    default: '',
    meaning: 'command line: API key or token for that server',
    secret: true,
  },
}
