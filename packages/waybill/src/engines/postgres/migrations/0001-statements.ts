// Layout 1, the statements that are run for every job. They live in the store as functions because planning them
// took a third of their time and unnamed statements are planned anew at every call; a function keeps its plans in any
// session, also behind PgBouncer. The planner is held to index walks: a plan made while a table was empty must serve
// when it holds a million rows. A later version adds functions under new names: older processes go on calling these.

const steady = `
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan`

// Stores plain jobs, all or none; inputs are a line each. Fails with a unique violation when one of the ids is taken.
// A hint, unless it is null, is heard in the moment of the commit.
const insertPlain = `
CREATE FUNCTION wb.insert_plain_1(
  p_offset bigint, p_ids text[], p_types text[], p_queues text[], p_users text[], p_priorities int[], p_policies text[],
  p_inputs text, p_channel text, p_hint text, OUT now bigint, OUT top bigint) LANGUAGE plpgsql ${steady} AS $body$
#variable_conflict use_column
DECLARE
  v_now bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + p_offset;
BEGIN
  WITH given AS MATERIALIZED (
    SELECT nextval('wb.seqs') AS seq, g.*
    FROM unnest(p_ids, p_types, p_queues, p_users, p_priorities, p_policies, string_to_array(p_inputs, E'\\n'))
      AS g (id, type, queue, user_id, priority, policy, input)),
  named AS (INSERT INTO wb.ids (id, seq) SELECT id, seq FROM given),
  stored AS (
    INSERT INTO wb.jobs (seq, id, type, queue, user_id, priority, created_at, policy, input)
    SELECT seq, id, type, queue, user_id, priority, v_now, policy, input FROM given),
  waiting AS (
    INSERT INTO wb.ready (queue, lane, ticket, seq, live, dated)
    SELECT queue, 10 - priority, seq, seq, false, false FROM given),
  counted AS (INSERT INTO wb.tallies (queue, pending) SELECT queue, count(*) FROM given GROUP BY queue)
  SELECT v_now, max(seq) INTO now, top FROM given;
  IF p_hint IS NOT NULL THEN PERFORM pg_notify(p_channel, p_hint); END IF;
END $body$;`

// Ends jobs that were fresh, claimed once and completed, under their fence; then leases the next ones. Either may be
// left out: no seqs, or no claim id. First row: the instant (seq), the fence (created_at), whether it is that of an
// earlier claim with the same id (live), and the jobs that ended (input); then one row a leased job. Results are
// a line each, none where it is empty.
const turn = `
CREATE FUNCTION wb.turn_1(
  p_offset bigint, p_worker text, p_claim text, p_max int, p_lease bigint, p_begins int, p_queues text[],
  p_begun_fences bigint[], p_begun int[],
  p_seqs bigint[], p_fences bigint[], p_ended text[], p_results text, p_keeps bigint[])
RETURNS TABLE (place int, seq bigint, live boolean, id text, type text, queue text, user_id text, priority smallint,
  created_at bigint, policy text, input text, rare json) LANGUAGE plpgsql ${steady} AS $body$
#variable_conflict use_column
DECLARE
  v_now bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + p_offset;
  v_fence bigint;
  v_known boolean := false;
  v_paused text[];
  v_queues text[];
  v_window bigint;
  v_seen bigint;
  v_spots tid[];
  v_seqs bigint[];
  v_lives boolean[];
  v_live boolean;
  v_dated boolean;
  v_gone text;
BEGIN
  IF cardinality(p_begun_fences) > 0 THEN
    UPDATE wb.leases l SET begun = greatest(l.begun, b.begun) FROM unnest(p_begun_fences, p_begun) AS b (fence, begun)
    WHERE l.fence = b.fence AND l.begun < b.begun;
  END IF;

  IF cardinality(p_seqs) > 0 THEN
    WITH e AS MATERIALIZED (
      SELECT * FROM unnest(p_seqs, p_fences, p_ended, string_to_array(p_results, E'\\n', ''), p_keeps) AS e (seq, fence, queue, result, keep)),
    gone AS (
      DELETE FROM wb.leased d USING e WHERE d.seq = e.seq AND d.fence = e.fence AND NOT d.live
      RETURNING e.seq, e.fence, e.queue, e.result, e.keep),
    held AS MATERIALIZED (
      SELECT l.fence, l.worker_id, l.started_at, greatest(v_now, l.started_at) AS now, cardinality(l.seqs) AS size
      FROM (SELECT DISTINCT fence FROM e) f JOIN wb.leases l ON l.fence = f.fence),
    put AS (
      INSERT INTO wb.done (seq, status, rev, fence, attempt, started_at, updated_at, completed_at, expires_at, progress, result, worker_id)
      SELECT g.seq, 'completed', 3, g.fence, 1, l.started_at, l.now, l.now, l.now + g.keep, 1, g.result, l.worker_id
      FROM gone g JOIN held l ON l.fence = g.fence),
    whole AS (
      SELECT l.fence FROM held l WHERE l.size = (SELECT count(*) FROM gone g WHERE g.fence = l.fence)),
    closed AS (DELETE FROM wb.leases l USING whole w WHERE l.fence = w.fence),
    counted AS (
      INSERT INTO wb.tallies (queue, processing, completed) SELECT queue, -count(*), count(*) FROM gone GROUP BY queue)
    SELECT string_agg(g.seq::text, ',') INTO v_gone FROM gone g;
  END IF;

  IF p_claim IS NOT NULL THEN
    SELECT l.fence, l.seqs INTO v_fence, v_seqs FROM wb.leases l WHERE l.claim_id = p_claim AND l.worker_id = p_worker;
    IF FOUND THEN
      v_known := EXISTS (
        SELECT FROM unnest(v_seqs) AS s (seq) JOIN wb.leased d ON d.seq = s.seq AND d.fence = v_fence);
      IF NOT v_known THEN DELETE FROM wb.leases l WHERE l.fence = v_fence; END IF;
    END IF;
  END IF;

  IF p_claim IS NOT NULL AND NOT v_known AND p_max > 0 THEN
    v_paused := ARRAY(SELECT key FROM wb.docs WHERE kind = 'queue' AND paused);
    v_queues := p_queues;
    IF cardinality(p_queues) = 0 THEN
      -- All queues that hold anything: a hop from each to the next.
      WITH RECURSIVE filled AS (
        SELECT (SELECT r.queue FROM wb.ready r ORDER BY r.queue LIMIT 1) AS queue
        UNION ALL
        SELECT (SELECT r.queue FROM wb.ready r WHERE r.queue > f.queue ORDER BY r.queue LIMIT 1) FROM filled f WHERE f.queue IS NOT NULL)
      SELECT array_agg(queue) INTO v_queues FROM filled WHERE queue IS NOT NULL AND queue <> ALL (v_paused);
    END IF;
    IF cardinality(p_queues) = 0 AND cardinality(v_queues) > 1 THEN
      -- Several of equal rank: by priority and age across them. Looked at without locks, then locked in order; when others
      -- hold too many of those, look further.
      v_window := p_max * 2;
      LOOP
        WITH first AS MATERIALIZED (
          SELECT q.queue FROM unnest(v_queues) AS q (queue) CROSS JOIN LATERAL (
            SELECT r.lane, r.ticket FROM wb.ready r WHERE r.queue = q.queue ORDER BY r.lane, r.ticket LIMIT 1) h
          ORDER BY h.lane, h.ticket LIMIT v_window),
        front AS MATERIALIZED (
          SELECT r.* FROM first q CROSS JOIN LATERAL (
            SELECT r.queue, r.lane, r.ticket FROM wb.ready r WHERE r.queue = q.queue ORDER BY r.lane, r.ticket LIMIT v_window) r
          ORDER BY r.lane, r.ticket LIMIT v_window),
        mine AS MATERIALIZED (
          SELECT r.ctid AS spot FROM front f JOIN wb.ready r ON r.queue = f.queue AND r.lane = f.lane AND r.ticket = f.ticket
          ORDER BY r.lane, r.ticket LIMIT p_max FOR UPDATE OF r SKIP LOCKED)
        SELECT ARRAY(SELECT spot FROM mine), (SELECT count(*) FROM front) INTO v_spots, v_seen;
        EXIT WHEN cardinality(v_spots) = p_max OR v_seen < v_window;
        v_window := v_window * 4;
      END LOOP;
      v_queues := NULL;
    END IF;
    WITH
    -- One queue after the other. Rows are locked one by one as the limit asks for them.
    from_named AS MATERIALIZED (
      SELECT q.n, r.* FROM unnest(v_queues) WITH ORDINALITY AS q (queue, n) CROSS JOIN LATERAL (
        SELECT r.ctid AS spot, r.lane, r.ticket, r.queue, r.seq, r.live, r.dated FROM wb.ready r
        WHERE r.queue = q.queue ORDER BY r.lane, r.ticket LIMIT p_max FOR UPDATE SKIP LOCKED) r
      WHERE q.queue <> ALL (v_paused) LIMIT p_max),
    picked AS MATERIALIZED (
      SELECT * FROM from_named
      UNION ALL SELECT 0, r.ctid, r.lane, r.ticket, r.queue, r.seq, r.live, r.dated FROM wb.ready r WHERE r.ctid = ANY (v_spots)),
    placed AS MATERIALIZED (
      SELECT p.*, (row_number() OVER (ORDER BY n, lane, ticket) - 1)::int AS place FROM picked p),
    taken AS (
      DELETE FROM wb.ready WHERE ctid = ANY (ARRAY(SELECT spot FROM picked))), -- locked above, and never updated
    f AS MATERIALIZED (SELECT nextval('wb.fences') AS fence WHERE EXISTS (SELECT FROM picked)),
    lease AS (
      INSERT INTO wb.leases (fence, worker_id, claim_id, started_at, heartbeat_at, expires_at, begun, seqs)
      SELECT f.fence, p_worker, p_claim, v_now, v_now, v_now + p_lease, p_begins,
        (SELECT array_agg(seq ORDER BY place) FROM placed) FROM f),
    held AS (INSERT INTO wb.leased (seq, fence, place, live) SELECT seq, f.fence, place, live FROM placed, f),
    moved AS (
      INSERT INTO wb.tallies (queue, pending, processing) SELECT queue, -count(*), count(*) FROM placed GROUP BY queue)
    SELECT array_agg(seq ORDER BY place), array_agg(live ORDER BY place), bool_or(live), bool_or(dated), (SELECT fence FROM f)
    INTO v_seqs, v_lives, v_live, v_dated, v_fence FROM placed;
  ELSE
    v_seqs := NULL;
    IF NOT v_known THEN v_fence := NULL; END IF;
  END IF;

  IF v_live THEN
    WITH revived AS (
      UPDATE wb.live v SET status = 'processing', rev = v.rev + 1, wait_reason = NULL, ticket = NULL, fence = v_fence,
        attempt = v.attempt + 1, started_at = greatest(v_now, v.updated_at), updated_at = greatest(v_now, v.updated_at)
      FROM unnest(v_seqs, v_lives) AS p (seq, live) WHERE p.live AND v.seq = p.seq
      RETURNING v.seq, v.rev, v.attempt, v.updated_at)
    INSERT INTO wb.timeline (seq, rev, at, type, data)
    SELECT r.seq, r.rev, r.updated_at, 'claimed',
      json_build_object('attempt', r.attempt, 'fence', v_fence, 'worker_id', p_worker) FROM revived r;
  END IF;
  IF v_dated THEN
    DELETE FROM wb.start_by s WHERE s.seq = ANY (v_seqs);
  END IF;

  RETURN QUERY SELECT NULL::int, v_now, v_known, NULL::text, NULL::text, NULL::text, NULL::text, NULL::smallint, v_fence,
    NULL::text, v_gone, NULL::json;
  IF v_seqs IS NOT NULL THEN
    RETURN QUERY
    SELECT (p.n - 1)::int, p.seq, p.live, j.* FROM unnest(v_seqs, v_lives) WITH ORDINALITY AS p (seq, live, n)
    CROSS JOIN LATERAL (
      SELECT w.id, w.type, w.queue, w.user_id, w.priority, w.created_at, w.policy, w.input,
        CASE WHEN coalesce(title, subject, tags::text, metadata, parent_id, batch_id, schedule_key, traceparent) IS NOT NULL THEN
          (SELECT row_to_json(r) FROM (SELECT w.title, w.subject, w.tags::text, w.metadata, w.parent_id, w.batch_id,
            w.schedule_key, w.traceparent) r) END AS rare
      FROM wb.jobs w WHERE w.seq = p.seq LIMIT 1) j;
  END IF;
END $body$;`

const state =
  'status, rev, wait_reason, fence, attempt, fails, losses, run_at, started_at, updated_at, completed_at, expires_at, ' +
  'progress, progress_message, stage, counts, cancel_requested_at, cancel_reason, cancel_by, result, error, children, has_steps, input'

// Whole jobs, by id or by number (then in that order), each as one JSON text. Laterals with a limit: one probe a row, in
// one partition.
const load = `
CREATE FUNCTION wb.load_1(p_input boolean, p_timeline boolean, p_steps boolean, p_ids text[], p_seqs bigint[])
RETURNS SETOF json LANGUAGE plpgsql STABLE ${steady} AS $body$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH chosen AS MATERIALIZED (
    SELECT seq, 0::bigint AS n FROM wb.ids WHERE id = ANY (p_ids)
    UNION ALL SELECT u.seq, u.n FROM unnest(p_seqs) WITH ORDINALITY AS u (seq, n))
  SELECT row_to_json(r) FROM chosen c CROSS JOIN LATERAL (
    SELECT j.seq, j.id, j.type, j.queue, j.user_id, j.priority, j.created_at, j.title, j.subject, j.tags::text AS tags,
      j.metadata, j.policy, j.parent_id, j.batch_id, j.schedule_key, j.traceparent, ${state.replace(/\w+/g, 'st.$&')},
      st.kind, st.ticket, st.worker_id, x.fence AS lease_fence, x.place, l.worker_id AS lease_worker,
      l.started_at AS lease_started, l.expires_at AS lease_expires, l.heartbeat_at AS lease_heartbeat, l.begun AS lease_begun,
      CASE WHEN p_input THEN coalesce(st.input, j.input) END AS input_json,
      CASE WHEN p_timeline THEN (
        SELECT json_agg(json_build_array(rev, at, type, data) ORDER BY rev)::text FROM wb.timeline WHERE seq = c.seq) END AS timeline,
      CASE WHEN p_steps THEN (
        SELECT json_agg(s ORDER BY s.ended_at, s.started_at, s.key)::text FROM wb.steps s WHERE s.seq = c.seq) END AS steps
    FROM (SELECT * FROM wb.jobs WHERE seq = c.seq LIMIT 1) j
    LEFT JOIN LATERAL (
      SELECT 'done' AS kind, NULL::bigint AS ticket, worker_id, ${state} FROM wb.done WHERE seq = c.seq
      UNION ALL SELECT 'live', ticket, NULL, ${state} FROM wb.live WHERE seq = c.seq LIMIT 1) st ON true
    LEFT JOIN LATERAL (SELECT * FROM wb.leased WHERE seq = c.seq LIMIT 1) x ON true
    LEFT JOIN LATERAL (SELECT * FROM wb.leases WHERE fence = x.fence LIMIT 1) l ON true) r
  ORDER BY c.n;
END $body$;`

export const statements: string = insertPlain + turn + load
