-- The pair log, version 1. docs/pair-log.md explains every table and column to its readers.
--
-- Rows are written once, in the order of their exchange's number, and never changed: readers take the newest number and
-- read up to it. Tables are not STRICT, so that SQLite 3.31 (2020) and later read the file.

-- What the log says about itself.
CREATE TABLE log_meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- One client request. AUTOINCREMENT: a number is never used again after pruning, so that a follower can keep its place.
CREATE TABLE exchanges (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of arrival in this log
    id             TEXT NOT NULL UNIQUE,               -- time-ordered UUID (version 7)
    started_at     REAL NOT NULL,                      -- Unix seconds
    method         TEXT NOT NULL,
    path           TEXT NOT NULL,                      -- without the query
    dialect        TEXT NOT NULL,
    request_id     TEXT,
    cluster_key    TEXT NOT NULL,
    epoch          TEXT NOT NULL,                      -- the proxy connection it came by
    sequence       INTEGER NOT NULL,                   -- its number within the epoch
    policy_version INTEGER NOT NULL,
    config_hash    TEXT NOT NULL,                      -- of the mirror's configuration
    request_bytes  INTEGER                             -- length of the body; NULL when it was not captured
);

-- What one endpoint did with a request, in numbers and short words. Side 0 is production, 1.. the candidates.
CREATE TABLE observations (
    exchange              INTEGER NOT NULL REFERENCES exchanges (number),
    side                  INTEGER NOT NULL,
    endpoint              TEXT NOT NULL,
    outcome               TEXT NOT NULL,
    reason                TEXT,
    status                INTEGER,
    streamed              INTEGER,
    finish_reason         TEXT,     -- of the first choice, the provider's own word
    error_type            TEXT,
    requested_model       TEXT,
    reported_model        TEXT,
    fingerprint           TEXT,
    provider_request_id   TEXT,
    usage_source          TEXT NOT NULL,
    input_tokens          INTEGER,
    output_tokens         INTEGER,
    cached_input_tokens   INTEGER,
    cache_write_tokens    INTEGER,
    reasoning_tokens      INTEGER,
    queue_s               REAL,
    connect_s             REAL,
    head_s                REAL,
    first_byte_s          REAL,
    first_content_s       REAL,
    last_byte_s           REAL,
    content_chunks        INTEGER,
    gap_p50_s             REAL,
    gap_p95_s             REAL,
    gap_max_s             REAL,
    paused_s              REAL NOT NULL,
    loop_lag_s            REAL NOT NULL,
    response_bytes        INTEGER NOT NULL,
    body_truncated        INTEGER NOT NULL,
    inclusion_probability REAL,     -- candidates only
    config_hash           TEXT,     -- candidates only: of the candidate's configuration
    PRIMARY KEY (exchange, side)
) WITHOUT ROWID;

-- What was asked. No row when neither headers nor body were kept. Bodies are text where they are UTF-8, else a blob.
CREATE TABLE requests (
    exchange INTEGER PRIMARY KEY REFERENCES exchanges (number),
    headers  TEXT NOT NULL,  -- JSON array of [name, value]; credentials are keyed hashes
    body     BLOB
);

-- What was answered. No row when there is nothing of it: not sent, or no answer at all.
CREATE TABLE responses (
    exchange      INTEGER NOT NULL REFERENCES exchanges (number),
    side          INTEGER NOT NULL,
    error_message TEXT,
    answer        TEXT,  -- JSON {"choices": [{"index", "text", "reasoning", "refusal", "tool_calls", "finish_reason"}]}
    body          BLOB,
    PRIMARY KEY (exchange, side)
) WITHOUT ROWID;

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
