// Layout 1. Append shape, as in the SQLite engine: `jobs` is written once; a tiny `ready` says what may run; `leases` (one
// row a claim) and `leased` (one small row a running job) say who runs what; `done` gets one row at the end. `live` holds
// the state of jobs that are neither fresh nor ended. `wb.` stands for the schema that the URL names.
//
// - Every job has a number, `seq`, in the order of inserts. `jobs` and `done` are partitioned by it, so that what is kept
//   never slows what runs and retention drops files instead of rows. `ids` maps ids to numbers: one probe finds a job,
//   one unique index keeps every id single whatever its form, and its row is the lock of all who write a job's state.
// - `tallies` holds counts as differences, one row a write: shared counters would serialise writers. Their sum is exact.
export const foundation = `
CREATE SEQUENCE wb.seqs;
CREATE SEQUENCE wb.fences;

CREATE TABLE wb.ids (id text COLLATE "C" PRIMARY KEY, seq bigint NOT NULL);

CREATE TABLE wb.jobs (
  seq bigint PRIMARY KEY,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  queue text COLLATE "C" NOT NULL,
  user_id text COLLATE "C",
  priority smallint NOT NULL,
  created_at bigint NOT NULL,
  title text,
  subject text COLLATE "C",
  tags jsonb,
  metadata text,
  policy text,
  parent_id text COLLATE "C",
  batch_id text COLLATE "C",
  schedule_key text COLLATE "C",
  traceparent text,
  folded text,
  input text NOT NULL
) PARTITION BY RANGE (seq);
CREATE INDEX jobs_by_user ON wb.jobs (user_id, seq) WHERE user_id IS NOT NULL;
CREATE INDEX jobs_by_subject ON wb.jobs (subject, seq) WHERE subject IS NOT NULL;
CREATE INDEX jobs_by_parent ON wb.jobs (parent_id, seq) WHERE parent_id IS NOT NULL;
CREATE INDEX jobs_by_batch ON wb.jobs (batch_id, seq) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_by_schedule ON wb.jobs (schedule_key, seq) WHERE schedule_key IS NOT NULL;

CREATE TABLE wb.ready (
  queue text COLLATE "C" NOT NULL,
  lane smallint NOT NULL,
  ticket bigint NOT NULL,
  seq bigint NOT NULL,
  live boolean NOT NULL,
  dated boolean NOT NULL,
  PRIMARY KEY (queue, lane, ticket)
);

CREATE TABLE wb.leases (
  fence bigint PRIMARY KEY,
  worker_id text COLLATE "C" NOT NULL,
  claim_id text COLLATE "C" NOT NULL,
  started_at bigint NOT NULL,
  heartbeat_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  begun integer NOT NULL,
  seqs bigint[] NOT NULL,
  UNIQUE (claim_id, worker_id)
);
CREATE INDEX leases_by_expiry ON wb.leases (expires_at);

CREATE TABLE wb.leased (
  seq bigint PRIMARY KEY,
  fence bigint NOT NULL,
  place integer NOT NULL,
  live boolean NOT NULL
);

CREATE TABLE wb.live (
  seq bigint PRIMARY KEY,
  ticket bigint,
  status text NOT NULL,
  rev integer NOT NULL,
  wait_reason text,
  fence bigint NOT NULL,
  attempt integer NOT NULL,
  fails integer NOT NULL,
  losses integer NOT NULL,
  run_at bigint NOT NULL,
  started_at bigint,
  updated_at bigint NOT NULL,
  completed_at bigint,
  expires_at bigint,
  progress double precision,
  progress_message text,
  stage text,
  counts text,
  cancel_requested_at bigint,
  cancel_reason text,
  cancel_by bigint,
  result text,
  error text,
  children text,
  has_steps boolean NOT NULL,
  input text
);
CREATE INDEX live_by_run_at ON wb.live (run_at) WHERE status = 'scheduled';
CREATE INDEX live_by_cancel ON wb.live (cancel_by) WHERE cancel_by IS NOT NULL;

CREATE TABLE wb.done (
  seq bigint PRIMARY KEY,
  status text NOT NULL,
  rev integer NOT NULL,
  wait_reason text,
  fence bigint NOT NULL,
  attempt integer NOT NULL,
  fails integer NOT NULL DEFAULT 0,
  losses integer NOT NULL DEFAULT 0,
  run_at bigint,
  started_at bigint,
  updated_at bigint NOT NULL,
  completed_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  progress double precision,
  progress_message text,
  stage text,
  counts text,
  cancel_requested_at bigint,
  cancel_reason text,
  cancel_by bigint,
  result text,
  error text,
  children text,
  has_steps boolean NOT NULL DEFAULT false,
  input text,
  worker_id text
) PARTITION BY RANGE (seq);
CREATE INDEX done_by_expiry ON wb.done USING brin (expires_at, updated_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX done_unhappy ON wb.done (status, seq) WHERE status <> 'completed';

CREATE TABLE wb.timeline (
  seq bigint NOT NULL,
  rev integer NOT NULL,
  at bigint NOT NULL,
  type text NOT NULL,
  data text NOT NULL,
  PRIMARY KEY (seq, rev)
);

CREATE TABLE wb.steps (
  seq bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  status text NOT NULL,
  attempt integer NOT NULL,
  started_at bigint NOT NULL,
  ended_at bigint NOT NULL,
  result text NOT NULL,
  PRIMARY KEY (seq, key)
);

CREATE TABLE wb.logs (
  seq bigint NOT NULL,
  n integer NOT NULL,
  at bigint NOT NULL,
  level text NOT NULL,
  message text NOT NULL,
  fields text,
  attempt integer NOT NULL,
  audience text NOT NULL,
  PRIMARY KEY (seq, n)
);

CREATE TABLE wb.start_by (seq bigint PRIMARY KEY, at bigint NOT NULL);
CREATE INDEX start_by_at ON wb.start_by (at, seq);

CREATE TABLE wb.tallies (
  queue text COLLATE "C" NOT NULL,
  scheduled bigint NOT NULL DEFAULT 0,
  pending bigint NOT NULL DEFAULT 0,
  waiting bigint NOT NULL DEFAULT 0,
  processing bigint NOT NULL DEFAULT 0,
  completed bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  cancelled bigint NOT NULL DEFAULT 0
);

CREATE TABLE wb.idempotency (
  key text COLLATE "C" PRIMARY KEY,
  hash text NOT NULL,
  id text NOT NULL,
  expires_at bigint NOT NULL
);
CREATE INDEX idempotency_by_expiry ON wb.idempotency (expires_at);

CREATE TABLE wb.tombstones (id text COLLATE "C" PRIMARY KEY, user_id text, expires_at bigint NOT NULL);
CREATE INDEX tombstones_by_expiry ON wb.tombstones (expires_at);

CREATE TABLE wb.workers (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  queues text NOT NULL,
  slots integer NOT NULL,
  ttl bigint NOT NULL,
  started_at bigint NOT NULL,
  heartbeat_at bigint NOT NULL,
  expires_at bigint NOT NULL
);

CREATE TABLE wb.docs (
  kind text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  rev integer NOT NULL,
  body text NOT NULL,
  paused boolean NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (kind, key)
);
CREATE INDEX docs_paused ON wb.docs (key) WHERE kind = 'queue' AND paused;

CREATE TABLE wb.roles (role text COLLATE "C" PRIMARY KEY, holder text NOT NULL, expires_at bigint NOT NULL);

-- Small tables that change all the time are swept early and often.
ALTER TABLE wb.ready SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE wb.leased SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE wb.leases SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE wb.tallies SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
`
