-- The pair log, version 2: costs, attempts, whose traffic it was, marks and the funnel; and what pruning needs.
--
-- Columns are added and no table is rewritten, so that a large version-1 log is brought forward in one pass over its
-- exchanges. What it did not record stays NULL.

-- Each price in the words it was applied in. Few, and repeated by every observation: kept once. Never deleted.
CREATE TABLE prices (
    id    INTEGER PRIMARY KEY,
    price TEXT NOT NULL UNIQUE  -- JSON {"source", "model", "input_per_mtok", …}, USD
);

ALTER TABLE exchanges ADD COLUMN tenant_key TEXT;  -- keyed hash of whose traffic it is
ALTER TABLE exchanges ADD COLUMN user_key TEXT;    -- keyed hash of the end user that the request names
ALTER TABLE exchanges ADD COLUMN stratum TEXT;
ALTER TABLE exchanges ADD COLUMN redactions TEXT;  -- JSON object: kind → placeholders in it; NULL when there are none

ALTER TABLE observations ADD COLUMN dialect TEXT;      -- that this side spoke
ALTER TABLE observations ADD COLUMN cost_usd REAL;     -- of all attempts
ALTER TABLE observations ADD COLUMN cost_reason TEXT;  -- why there is none; both NULL: nothing was priced
ALTER TABLE observations ADD COLUMN price INTEGER REFERENCES prices (id);
ALTER TABLE observations ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;  -- rows of this side in `attempts`

-- Calls that were begun and tried again. Number counts from 1 within a side.
CREATE TABLE attempts (
    exchange   INTEGER NOT NULL REFERENCES exchanges (number),
    side       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    status     INTEGER,
    started_s  REAL NOT NULL,  -- relative to the observation's t0: negative
    duration_s REAL NOT NULL,
    cost_usd   REAL,
    PRIMARY KEY (exchange, side, number)
) WITHOUT ROWID;

-- What changed while pairs were gathered.
CREATE TABLE marks (
    number   INTEGER PRIMARY KEY,
    at       REAL NOT NULL,  -- Unix seconds
    kind     TEXT NOT NULL,
    endpoint TEXT,           -- NULL: it concerns everything
    before   TEXT,
    after    TEXT
);
-- A mark that is told twice, as after a crash or by an import, is one mark.
CREATE UNIQUE INDEX marks_once ON marks (at, kind, coalesce(endpoint, ''), coalesce(before, ''), coalesce(after, ''));

-- How many exchanges reached a stage, and why they went no further: cumulative over the life of one process.
CREATE TABLE funnel (
    epoch      TEXT NOT NULL,
    candidate  TEXT NOT NULL,  -- '' for stages before candidates
    stage      TEXT NOT NULL,
    reason     TEXT NOT NULL,  -- '' where the stage says it all
    count      INTEGER NOT NULL,
    updated_at REAL NOT NULL,  -- Unix seconds
    PRIMARY KEY (epoch, candidate, stage, reason)
) WITHOUT ROWID;

-- How much is kept, in one row: counting millions of rows takes seconds, and retention asks all the time.
CREATE TABLE kept (
    exchanges INTEGER NOT NULL,
    pairs     INTEGER NOT NULL
);
INSERT INTO kept SELECT (SELECT count(*) FROM exchanges), (SELECT count(*) FROM observations WHERE side > 0);

-- Pruning takes the oldest first, and numbers are no order of time once another log was imported. Almost sorted input goes
-- to the index's last page, so it costs an append little. There is none on the keys of users and tenants: being hashes
-- they would touch a page each, more writing than all the rest of an append, for erasures that are rare and may scan.
CREATE INDEX exchanges_by_age ON exchanges (started_at);

-- Whoever deletes an exchange, by whatever tool, takes all of it along.
CREATE TRIGGER exchange_leaves AFTER DELETE ON exchanges BEGIN
    UPDATE kept SET
        exchanges = exchanges - 1,
        pairs = pairs - (SELECT count(*) FROM observations WHERE exchange = OLD.number AND side > 0);
    DELETE FROM observations WHERE exchange = OLD.number;
    DELETE FROM attempts WHERE exchange = OLD.number;
    DELETE FROM requests WHERE exchange = OLD.number;
    DELETE FROM responses WHERE exchange = OLD.number;
END;

DROP VIEW pairs;

-- One row per exchange and candidate: everything an analysis starts from.
CREATE VIEW pairs AS
SELECT
    e.id AS exchange_id,
    c.endpoint AS candidate,
    e.started_at,
    datetime(e.started_at, 'unixepoch') AS started_at_utc,
    e.method,
    e.path,
    e.dialect,
    e.request_id,
    e.cluster_key,
    e.tenant_key,
    e.user_key,
    e.stratum,
    c.inclusion_probability,
    e.policy_version,
    e.config_hash AS mirror_config_hash,
    c.config_hash AS candidate_config_hash,
    p.outcome AS production_outcome,
    c.outcome AS candidate_outcome,
    p.reason AS production_reason,
    c.reason AS candidate_reason,
    p.status AS production_status,
    c.status AS candidate_status,
    p.dialect AS production_dialect,
    c.dialect AS candidate_dialect,
    p.streamed AS production_streamed,
    c.streamed AS candidate_streamed,
    p.requested_model AS production_requested_model,
    c.requested_model AS candidate_requested_model,
    p.reported_model AS production_reported_model,
    c.reported_model AS candidate_reported_model,
    p.fingerprint AS production_fingerprint,
    c.fingerprint AS candidate_fingerprint,
    p.provider_request_id AS production_provider_request_id,
    c.provider_request_id AS candidate_provider_request_id,
    p.finish_reason AS production_finish_reason,
    c.finish_reason AS candidate_finish_reason,
    p.last_byte_s AS production_latency_s,
    c.last_byte_s AS candidate_latency_s,
    p.first_content_s AS production_ttft_s,
    c.first_content_s AS candidate_ttft_s,
    p.gap_p95_s AS production_gap_p95_s,
    c.gap_p95_s AS candidate_gap_p95_s,
    c.queue_s AS candidate_queue_s,
    p.paused_s AS production_paused_s,
    c.paused_s AS candidate_paused_s,
    p.loop_lag_s AS production_loop_lag_s,
    c.loop_lag_s AS candidate_loop_lag_s,
    p.usage_source AS production_usage_source,
    c.usage_source AS candidate_usage_source,
    p.input_tokens AS production_input_tokens,
    c.input_tokens AS candidate_input_tokens,
    p.output_tokens AS production_output_tokens,
    c.output_tokens AS candidate_output_tokens,
    p.reasoning_tokens AS production_reasoning_tokens,
    c.reasoning_tokens AS candidate_reasoning_tokens,
    p.cost_usd AS production_cost_usd,
    c.cost_usd AS candidate_cost_usd,
    p.cost_reason AS production_cost_reason,
    c.cost_reason AS candidate_cost_reason,
    c.attempts AS candidate_attempts,
    p.response_bytes AS production_response_bytes,
    c.response_bytes AS candidate_response_bytes,
    q.body AS request_body,
    json_extract(pr.answer, '$.choices[0].text') AS production_text,
    json_extract(cr.answer, '$.choices[0].text') AS candidate_text,
    pr.answer AS production_answer,
    cr.answer AS candidate_answer,
    p.error_type AS production_error_type,
    c.error_type AS candidate_error_type,
    pr.error_message AS production_error_message,
    cr.error_message AS candidate_error_message,
    e.number AS exchange_number,
    c.side AS candidate_side
FROM exchanges AS e
JOIN observations AS p ON p.exchange = e.number AND p.side = 0
JOIN observations AS c ON c.exchange = e.number AND c.side > 0
LEFT JOIN requests AS q ON q.exchange = e.number
LEFT JOIN responses AS pr ON pr.exchange = e.number AND pr.side = 0
LEFT JOIN responses AS cr ON cr.exchange = e.number AND cr.side = c.side;
