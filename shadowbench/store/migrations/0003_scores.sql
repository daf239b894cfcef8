-- The pair log, version 3: what scorers write. Scores and why there are none, judges' verdicts, every call of a judge with
-- what it cost, what calls are not made twice for, human labels and references.

-- What was measured: a metric of one version under certain options, or a judge of one configuration. Never deleted: scores
-- name them by number.
CREATE TABLE measures (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,     -- as the configuration and the report have it
    kind        TEXT NOT NULL,     -- metric | judge
    version     TEXT NOT NULL,     -- of the code that measures
    config_hash TEXT NOT NULL,     -- of the options; of a judge: of models, prompts, parameters
    shape       TEXT NOT NULL,     -- sides: one value for each side; pair: one value for both together
    direction   TEXT NOT NULL,     -- higher | lower | neither is better
    low         REAL,              -- least possible value; NULL: none
    high        REAL,              -- greatest possible value; NULL: none
    unit        TEXT NOT NULL,     -- '' for a share or a plain number
    about       TEXT NOT NULL,     -- JSON object: options, models, hashes of prompts; no secrets
    done_upto   INTEGER NOT NULL DEFAULT 0,  -- every pair of exchanges up to this number has its score
    UNIQUE (name, version, config_hash)
);

-- One row per pair and measure, also when there is no value: then the reason says why. Side is the candidate's.
CREATE TABLE scores (
    exchange          INTEGER NOT NULL REFERENCES exchanges (number),
    side              INTEGER NOT NULL,
    measure           INTEGER NOT NULL REFERENCES measures (id),
    value             REAL,     -- the candidate's; of shape pair: the pair's
    reason            TEXT,     -- why value is NULL
    production_value  REAL,     -- shape sides only
    production_reason TEXT,
    probability       REAL NOT NULL DEFAULT 1,  -- that a pair like this one is given to this measure at all
    detail            TEXT,     -- JSON object, where a measure has more to say
    PRIMARY KEY (exchange, side, measure),
    CHECK ((value IS NULL) <> (reason IS NULL)),  -- a number that is none (NaN) would be stored as NULL without a reason
    CHECK (production_value IS NULL OR production_reason IS NULL)
) WITHOUT ROWID;

-- What is done beyond `measures.done_upto`, where several workers are not done in the order they began. Ranges of a measure
-- neither overlap nor touch, and the first does not touch what is done below it.
CREATE TABLE done_ahead (
    measure INTEGER NOT NULL REFERENCES measures (id),
    first   INTEGER NOT NULL,  -- exchanges from this number
    last    INTEGER NOT NULL,  -- to this one
    PRIMARY KEY (measure, first)
) WITHOUT ROWID;

-- Who is at work on what. A lease that is not renewed is taken by others. AUTOINCREMENT: who lost one must not take the next
-- for it.
CREATE TABLE leases (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    owner      TEXT NOT NULL,
    lane       TEXT NOT NULL,     -- live leases of one lane do not overlap: 'metrics', or a judge's name
    first      INTEGER NOT NULL,  -- exchanges from this number
    last       INTEGER NOT NULL,  -- to this one
    measures   TEXT NOT NULL,     -- JSON array of numbers: what is being measured
    expires_at REAL NOT NULL      -- Unix seconds
);
CREATE INDEX leases_by_lane ON leases (lane, last);

-- What one judge said in one call about one pair: one row for each order and repetition.
CREATE TABLE verdicts (
    exchange   INTEGER NOT NULL REFERENCES exchanges (number),
    side       INTEGER NOT NULL,
    measure    INTEGER NOT NULL REFERENCES measures (id),  -- the judge, a panel's member too
    position   TEXT NOT NULL,     -- production_first | candidate_first | alone | production_alone
    repetition INTEGER NOT NULL,  -- 0; above: repeats that measure the judge's own noise
    verdict    TEXT,              -- production | candidate | tie, whatever the order was; NULL for scores
    strength   INTEGER,           -- 1 slightly, 2 clearly
    scores     TEXT,              -- JSON object: criterion → number
    reason     TEXT,              -- why there is neither
    rung       TEXT,              -- of the parse ladder: schema | json | fenced | repaired
    analysis   TEXT,              -- what the judge wrote before its verdict
    flags      TEXT,              -- JSON array: suspicious_output, own_family, …
    judged_at  REAL NOT NULL,     -- Unix seconds
    PRIMARY KEY (exchange, side, measure, position, repetition)
) WITHOUT ROWID;

-- Every call of a judge or of an embeddings endpoint, each attempt by itself. It is written before the call is made, with what
-- it may cost at most, and settled after; one that was never settled counts with its reservation.
CREATE TABLE judge_calls (
    id            INTEGER PRIMARY KEY,
    judge         TEXT NOT NULL,     -- the name that budgets are kept by
    exchange      INTEGER,           -- NULL: not about a pair, as in calibration
    side          INTEGER,
    purpose       TEXT NOT NULL,     -- verdict | repeat | repair | canary | embedding
    attempt       INTEGER NOT NULL,  -- from 1
    model         TEXT NOT NULL,     -- that was asked for
    reported_model TEXT,
    owner         TEXT NOT NULL,     -- the worker
    started_at    REAL NOT NULL,     -- Unix seconds
    reserved_usd  REAL NOT NULL CHECK (reserved_usd >= 0),  -- 0 where nothing is priced
    settled_at    REAL,              -- Unix seconds; NULL: under way, or lost with its worker
    outcome       TEXT,              -- ok, or why there was no answer
    status        INTEGER,
    duration_s    REAL,
    input_tokens  INTEGER,
    output_tokens INTEGER,
    cost_usd      REAL,              -- NULL: not known
    cost_reason   TEXT               -- why it is not
);
CREATE INDEX judge_calls_open ON judge_calls (judge, reserved_usd, settled_at) WHERE settled_at IS NULL;
CREATE INDEX judge_calls_by_exchange ON judge_calls (exchange) WHERE exchange IS NOT NULL;

-- What each judge's settled calls cost so far, in one row per judge and UTC day: budgets ask before every call.
CREATE TABLE judge_spending (
    judge    TEXT NOT NULL,
    day      TEXT NOT NULL,     -- 2026-01-31
    calls    INTEGER NOT NULL,  -- settled attempts
    usd      REAL NOT NULL,     -- of calls whose cost is known
    unpriced INTEGER NOT NULL,  -- calls whose cost is not
    PRIMARY KEY (judge, day)
) WITHOUT ROWID;

-- Answers that need not be asked for again. The key hashes everything that the answer depends on.
CREATE TABLE replies (
    key      BLOB PRIMARY KEY,  -- SHA-256
    kind     TEXT NOT NULL,     -- judge | embedding
    reply    BLOB NOT NULL,     -- judge: JSON; embedding: float32, little-endian
    made_at  REAL NOT NULL,     -- Unix seconds
    exchange INTEGER            -- what was asked about; NULL: not told
);
CREATE INDEX replies_by_age ON replies (made_at);
CREATE INDEX replies_by_exchange ON replies (exchange, made_at);

-- What people say about pairs: the measure of judges.
CREATE TABLE labels (
    id          INTEGER PRIMARY KEY,
    exchange    INTEGER NOT NULL REFERENCES exchanges (number),
    side        INTEGER NOT NULL,
    question    TEXT NOT NULL,     -- preference, or a rubric's name
    labeller    TEXT NOT NULL,
    round       INTEGER NOT NULL,  -- 1; 2 when the same person is asked again
    verdict     TEXT,              -- production | candidate | tie, for preference
    value       REAL,              -- for rubrics
    position    TEXT,              -- what was shown first: production_first | candidate_first; NULL: not known
    probability REAL NOT NULL,     -- that a pair like this one was put into the queue
    note        TEXT,
    source      TEXT NOT NULL,     -- label | import
    labelled_at REAL NOT NULL,     -- Unix seconds
    UNIQUE (exchange, side, question, labeller, round)
);

-- The right answer, where one is known.
CREATE TABLE known_answers (
    exchange  INTEGER PRIMARY KEY REFERENCES exchanges (number),
    reference TEXT NOT NULL,
    source    TEXT NOT NULL  -- dataset | import
);

-- Frozen sets that a judge is asked again and again, and what it said each time: a judge that drifts shows here.
CREATE TABLE canaries (
    name     TEXT NOT NULL,
    exchange INTEGER NOT NULL REFERENCES exchanges (number),
    side     INTEGER NOT NULL,
    expected TEXT NOT NULL,  -- production | candidate | tie, or a number: a human's label or the judge's first word
    source   TEXT NOT NULL,  -- human | judge
    PRIMARY KEY (name, exchange, side)
) WITHOUT ROWID;
CREATE INDEX canaries_by_exchange ON canaries (exchange);
CREATE TABLE canary_runs (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,
    measure  INTEGER NOT NULL REFERENCES measures (id),
    ran_at   REAL NOT NULL,  -- Unix seconds
    items    INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    kappa    REAL,           -- with what was expected; NULL where it is not defined
    low      REAL,
    high     REAL,
    agreement REAL,
    drifted  INTEGER NOT NULL,
    detail   TEXT NOT NULL   -- JSON object; it outlives the exchanges: no words of theirs
);

-- Whoever deletes an exchange takes along what was thought of it. What it cost stays: money does not come back.
-- A kept reply may quote what was asked about. One that was never said to be about some exchange is taken for one about this,
-- unless it is older than the exchange is.
CREATE TRIGGER exchange_leaves_scores AFTER DELETE ON exchanges BEGIN
    DELETE FROM scores WHERE exchange = OLD.number;
    DELETE FROM verdicts WHERE exchange = OLD.number;
    DELETE FROM labels WHERE exchange = OLD.number;
    DELETE FROM known_answers WHERE exchange = OLD.number;
    DELETE FROM canaries WHERE exchange = OLD.number;
    DELETE FROM replies WHERE exchange = OLD.number;
    DELETE FROM replies WHERE exchange IS NULL AND made_at >= OLD.started_at;
    UPDATE judge_calls SET exchange = NULL, side = NULL WHERE exchange = OLD.number;
END;

-- One row per pair and measure, by the names people use.
CREATE VIEW pair_scores AS
SELECT
    e.id AS exchange_id,
    c.endpoint AS candidate,
    e.started_at,
    m.name AS metric,
    m.kind,
    m.version,
    m.config_hash,
    s.value,
    s.reason,
    s.production_value,
    s.production_reason,
    s.probability,
    s.detail,
    e.number AS exchange_number,
    s.side AS candidate_side
FROM scores AS s
JOIN measures AS m ON m.id = s.measure
JOIN exchanges AS e ON e.number = s.exchange
JOIN observations AS c ON c.exchange = s.exchange AND c.side = s.side;

DROP TRIGGER exchange_leaves;

-- As before; repeats (NAME~again), which came with this version, do not count as pairs.
CREATE TRIGGER exchange_leaves AFTER DELETE ON exchanges BEGIN
    UPDATE kept SET
        exchanges = exchanges - 1,
        pairs = pairs - (
            SELECT count(*) FROM observations
            WHERE exchange = OLD.number AND side > 0 AND endpoint NOT LIKE '%~again'
        );
    DELETE FROM observations WHERE exchange = OLD.number;
    DELETE FROM attempts WHERE exchange = OLD.number;
    DELETE FROM requests WHERE exchange = OLD.number;
    DELETE FROM responses WHERE exchange = OLD.number;
END;

DROP VIEW pairs;

-- One row per exchange and candidate: everything an analysis starts from. Repeats (NAME~again) are no side of a pair.
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
JOIN observations AS c ON c.exchange = e.number AND c.side > 0 AND c.endpoint NOT LIKE '%~again'
LEFT JOIN requests AS q ON q.exchange = e.number
LEFT JOIN responses AS pr ON pr.exchange = e.number AND pr.side = 0
LEFT JOIN responses AS cr ON cr.exchange = e.number AND cr.side = c.side;
