-- Lets a version-1 log be read by the statements of today: temporary views stand before its tables and have the columns
-- and tables that came with version 2, empty. They live in the connection; the file is not touched.
-- Columns are named one by one: the log may be brought forward while somebody reads.

CREATE TEMP VIEW exchanges AS
SELECT
    number, id, started_at, method, path, dialect, request_id, cluster_key, epoch, sequence, policy_version,
    config_hash, request_bytes,
    NULL AS tenant_key, NULL AS user_key, NULL AS stratum, NULL AS redactions
FROM main.exchanges;

CREATE TEMP VIEW observations AS
SELECT
    exchange, side, endpoint, outcome, reason, status, streamed, finish_reason, error_type, requested_model,
    reported_model, fingerprint, provider_request_id, usage_source, input_tokens, output_tokens,
    cached_input_tokens, cache_write_tokens, reasoning_tokens, queue_s, connect_s, head_s, first_byte_s,
    first_content_s, last_byte_s, content_chunks, gap_p50_s, gap_p95_s, gap_max_s, paused_s, loop_lag_s,
    response_bytes, body_truncated, inclusion_probability, config_hash,
    NULL AS dialect, NULL AS cost_usd, NULL AS cost_reason, NULL AS price, 0 AS attempts
FROM main.observations;

CREATE TEMP VIEW prices AS SELECT NULL AS id, NULL AS price WHERE 0;

CREATE TEMP VIEW attempts AS
SELECT
    NULL AS exchange, NULL AS side, NULL AS number, NULL AS reason, NULL AS status, NULL AS started_s, NULL AS duration_s,
    NULL AS cost_usd
WHERE 0;

CREATE TEMP VIEW marks AS
SELECT NULL AS number, NULL AS at, NULL AS kind, NULL AS endpoint, NULL AS before, NULL AS after WHERE 0;

CREATE TEMP VIEW funnel AS
SELECT
    NULL AS epoch, NULL AS candidate, NULL AS stage, NULL AS reason, NULL AS count, NULL AS updated_at
WHERE 0;

CREATE TEMP VIEW kept AS
SELECT
    (SELECT count(*) FROM main.exchanges) AS exchanges,
    (SELECT count(*) FROM main.observations WHERE side > 0) AS pairs;
