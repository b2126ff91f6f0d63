// Layout 1. Append shape: `jobs` is written once; a tiny `ready` says what may run; `leases` (one row a claim) and
// `leased` (one small row a running job) say who runs what; `done` gets one row at the end. `live` holds the state of
// jobs that are neither fresh nor ended: a job without a row in live, leased or done is fresh: pending, rev 1.
// A job that is fresh, claimed once and completed never touches live or timeline: its history follows from `done`.
export const foundation = `
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  queue TEXT NOT NULL,
  user_id TEXT,
  priority INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  title TEXT,
  subject TEXT,
  tags TEXT,
  metadata TEXT,
  policy TEXT,
  parent_id TEXT,
  batch_id TEXT,
  schedule_key TEXT,
  traceparent TEXT,
  input TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_by_user ON jobs (user_id, seq) WHERE user_id IS NOT NULL;
CREATE INDEX jobs_by_subject ON jobs (subject, seq) WHERE subject IS NOT NULL;
CREATE INDEX jobs_by_parent ON jobs (parent_id, seq) WHERE parent_id IS NOT NULL;
CREATE INDEX jobs_by_batch ON jobs (batch_id, seq) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_by_schedule ON jobs (schedule_key, seq) WHERE schedule_key IS NOT NULL;

CREATE TABLE ready (
  queue TEXT NOT NULL,
  lane INTEGER NOT NULL,
  ticket INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (queue, lane, ticket, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
  fence INTEGER PRIMARY KEY,
  worker_id TEXT NOT NULL,
  claim_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  open INTEGER NOT NULL,
  UNIQUE (claim_id, worker_id)
) STRICT;
CREATE INDEX leases_by_expiry ON leases (expires_at);

CREATE TABLE leased (
  seq INTEGER PRIMARY KEY,
  fence INTEGER NOT NULL,
  place INTEGER NOT NULL,
  live INTEGER NOT NULL
) STRICT;

CREATE TABLE live (
  seq INTEGER PRIMARY KEY,
  status TEXT NOT NULL,
  rev INTEGER NOT NULL,
  wait_reason TEXT,
  fence INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  fails INTEGER NOT NULL,
  losses INTEGER NOT NULL,
  run_at INTEGER NOT NULL,
  started_at INTEGER,
  updated_at INTEGER NOT NULL,
  completed_at INTEGER,
  expires_at INTEGER,
  progress REAL,
  progress_message TEXT,
  stage TEXT,
  counts TEXT,
  cancel_requested_at INTEGER,
  cancel_reason TEXT,
  cancel_by INTEGER,
  result TEXT,
  error TEXT,
  children TEXT,
  has_steps INTEGER NOT NULL,
  input TEXT
) STRICT;
CREATE INDEX live_by_run_at ON live (run_at) WHERE status = 'scheduled';
CREATE INDEX live_by_cancel ON live (cancel_by) WHERE cancel_by IS NOT NULL;

CREATE TABLE done (
  seq INTEGER PRIMARY KEY,
  status TEXT NOT NULL,
  rev INTEGER NOT NULL,
  wait_reason TEXT,
  fence INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  fails INTEGER NOT NULL DEFAULT 0,
  losses INTEGER NOT NULL DEFAULT 0,
  run_at INTEGER NOT NULL,
  started_at INTEGER,
  updated_at INTEGER NOT NULL,
  completed_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  progress REAL,
  progress_message TEXT,
  stage TEXT,
  counts TEXT,
  cancel_requested_at INTEGER,
  cancel_reason TEXT,
  cancel_by INTEGER,
  result TEXT,
  error TEXT,
  children TEXT,
  has_steps INTEGER NOT NULL DEFAULT 0,
  input TEXT,
  worker_id TEXT
) STRICT;
CREATE INDEX done_by_expiry ON done (expires_at);
CREATE INDEX done_by_update ON done (updated_at);
CREATE INDEX done_unhappy ON done (status, seq) WHERE status <> 'completed';

CREATE TABLE timeline (
  seq INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (seq, rev)
) STRICT, WITHOUT ROWID;

CREATE TABLE steps (
  seq INTEGER NOT NULL,
  key TEXT NOT NULL,
  status TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (seq, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE logs (
  seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  fields TEXT,
  attempt INTEGER NOT NULL,
  audience TEXT NOT NULL,
  PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE start_by (at INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (at, seq)) STRICT, WITHOUT ROWID;

CREATE TABLE queues (
  queue TEXT PRIMARY KEY,
  paused INTEGER NOT NULL DEFAULT 0,
  scheduled INTEGER NOT NULL DEFAULT 0,
  pending INTEGER NOT NULL DEFAULT 0,
  waiting INTEGER NOT NULL DEFAULT 0,
  processing INTEGER NOT NULL DEFAULT 0,
  completed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  key TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  id TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

CREATE TABLE tombstones (
  id TEXT PRIMARY KEY,
  user_id TEXT,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_by_expiry ON tombstones (expires_at);

CREATE TABLE workers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  queues TEXT NOT NULL,
  slots INTEGER NOT NULL,
  ttl INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE docs (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  rev INTEGER NOT NULL,
  body TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE roles (role TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE counters (one INTEGER PRIMARY KEY CHECK (one = 1), fence INTEGER NOT NULL, returns INTEGER NOT NULL) STRICT;
INSERT INTO counters VALUES (1, 0, 0);
`
