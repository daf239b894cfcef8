-- The statements of the SQLite pair log. Columns are in the order of `store/rows.py`.

-- name: newest_number
-- The highest number ever given: those of pruned exchanges count.
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'exchanges'), 0);

-- name: known_ids
-- Which of the ids in a JSON array are in the log.
SELECT id FROM exchanges WHERE id IN (SELECT value FROM json_each(?));

-- name: insert_exchange
INSERT INTO exchanges (
    number, id, started_at, method, path, dialect, request_id, cluster_key, tenant_key, user_key, stratum, epoch, sequence,
    policy_version, config_hash, request_bytes, redactions
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_price
INSERT OR IGNORE INTO prices (price) VALUES (?);

-- name: price_id
SELECT id FROM prices WHERE price = ?;

-- name: insert_observation
INSERT INTO observations (
    exchange, side, inclusion_probability, config_hash, finish_reason, cost_usd, cost_reason, price, attempts,
    endpoint, outcome, reason, status, streamed, error_type, requested_model, reported_model, fingerprint,
    provider_request_id, usage_source, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens,
    reasoning_tokens, queue_s, connect_s, head_s, first_byte_s, first_content_s, last_byte_s, content_chunks,
    gap_p50_s, gap_p95_s, gap_max_s, paused_s, loop_lag_s, response_bytes, body_truncated, dialect
) VALUES (
    ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?
);

-- name: insert_attempt
INSERT INTO attempts (exchange, side, number, reason, status, started_s, duration_s, cost_usd)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_request
INSERT INTO requests (exchange, headers, body) VALUES (?, ?, ?);

-- name: insert_response
INSERT INTO responses (exchange, side, error_message, answer, body) VALUES (?, ?, ?, ?, ?);

-- name: keep_count
-- What one append added. Deletions are counted by the trigger `exchange_leaves`.
UPDATE kept SET exchanges = exchanges + ?, pairs = pairs + ?;

-- name: put_funnel
-- A process tells the same counts again and again as they grow: the newest stands.
INSERT INTO funnel (epoch, candidate, stage, reason, count, updated_at)
VALUES (?, ?, ?, ?, ?, (julianday('now') - 2440587.5) * 86400.0)
ON CONFLICT (epoch, candidate, stage, reason) DO UPDATE SET count = excluded.count, updated_at = excluded.updated_at;

-- name: put_mark
INSERT OR IGNORE INTO marks (at, kind, endpoint, before, after) VALUES (?, ?, ?, ?, ?);

-- name: funnel
SELECT epoch, candidate, stage, reason, count FROM funnel ORDER BY epoch, candidate, stage, reason;

-- name: marks
SELECT at, kind, endpoint, before, after FROM marks ORDER BY at, number;

-- name: page_of_exchanges
-- One keyset page: the next exchanges after one number, up to another.
SELECT
    number, id, started_at, method, path, dialect, request_id, cluster_key, tenant_key, user_key, stratum, epoch, sequence,
    policy_version, config_hash, redactions
FROM exchanges
WHERE number > :after AND number <= :upto
ORDER BY number
LIMIT :size;

-- name: observations_of_exchange
-- All sides with their answers, production first; bodies come apart, for they are large.
SELECT
    o.side, o.inclusion_probability, o.config_hash, r.error_message, r.answer,
    o.cost_usd, o.cost_reason, (SELECT price FROM prices WHERE id = o.price), o.attempts,
    o.endpoint, o.outcome, o.reason, o.status, o.streamed, o.error_type, o.requested_model, o.reported_model,
    o.fingerprint, o.provider_request_id, o.usage_source, o.input_tokens, o.output_tokens, o.cached_input_tokens,
    o.cache_write_tokens, o.reasoning_tokens, o.queue_s, o.connect_s, o.head_s, o.first_byte_s, o.first_content_s,
    o.last_byte_s, o.content_chunks, o.gap_p50_s, o.gap_p95_s, o.gap_max_s, o.paused_s, o.loop_lag_s,
    o.response_bytes, o.body_truncated, o.dialect
FROM observations AS o
LEFT JOIN responses AS r ON r.exchange = o.exchange AND r.side = o.side
WHERE o.exchange = ?
ORDER BY o.side;

-- name: attempts_of_exchange
SELECT side, reason, status, started_s, duration_s, cost_usd FROM attempts WHERE exchange = ? ORDER BY side, number;

-- name: request_of_exchange
SELECT headers, body FROM requests WHERE exchange = ?;

-- name: request_body
-- As `request_of_exchange`, without headers.
SELECT '[]', body FROM requests WHERE exchange = ?;

-- name: bodies_of_exchange
SELECT side, body FROM responses WHERE exchange = ?;

-- name: counts
-- Exchanges and pairs in the log.
SELECT exchanges, pairs FROM kept;

-- name: usage
-- Exchanges, when the first of them started, pages, free pages, bytes per page.
SELECT
    (SELECT exchanges FROM kept),
    (SELECT min(started_at) FROM exchanges),
    page_count, freelist_count, page_size
FROM pragma_page_count, pragma_freelist_count, pragma_page_size;

-- name: oldest
SELECT number FROM exchanges WHERE started_at < :before ORDER BY started_at, number LIMIT :limit;

-- name: count_before
SELECT count(*) FROM exchanges WHERE started_at < :before;

-- name: owned_by
-- A scan of the range; migration 0002 says why there is no index.
SELECT number FROM exchanges
WHERE number > :after AND number <= :upto AND (
    user_key IN (SELECT value FROM json_each(:users))
    OR tenant_key IN (SELECT value FROM json_each(:tenants))
    OR cluster_key IN (SELECT value FROM json_each(:clusters))
    OR (:marks <> '[]' AND EXISTS (
        SELECT 1 FROM requests, json_each(:marks) AS mark
        WHERE requests.exchange = exchanges.number
            AND (instr(requests.headers, mark.value) OR instr(requests.body, mark.value))
    ))
)
ORDER BY number;

-- name: delete_exchanges
-- Those in a JSON array. The trigger `exchange_leaves` takes what belongs to them.
DELETE FROM exchanges WHERE number IN (SELECT value FROM json_each(?));

-- name: delete_marks
DELETE FROM marks WHERE at < ?;

-- name: delete_funnel
DELETE FROM funnel WHERE updated_at < ?;
