-- The statements of `sqlite_judge_book.py`.

-- name: spent
SELECT coalesce(sum(calls), 0), coalesce(sum(usd), 0.0), coalesce(sum(unpriced), 0) FROM judge_spending WHERE judge = :judge;

-- name: spent_on
SELECT coalesce(sum(calls), 0), coalesce(sum(usd), 0.0), coalesce(sum(unpriced), 0)
FROM judge_spending
WHERE judge = :judge AND day = :day;

-- name: spent_on_verdicts
SELECT
    coalesce(sum(attempt = 1 AND purpose <> 'repair'), 0), coalesce(sum(cost_usd), 0.0), coalesce(sum(cost_usd IS NULL), 0)
FROM judge_calls
WHERE judge = :judge AND purpose IN ('verdict', 'repeat', 'repair') AND settled_at IS NOT NULL;

-- name: open_calls
-- Of the index alone, and of few rows: those under way, and those that were lost with their worker.
SELECT count(*), coalesce(sum(reserved_usd), 0.0) FROM judge_calls WHERE judge = :judge AND settled_at IS NULL;

-- name: day_of
SELECT date(?, 'unixepoch');

-- name: insert_call
INSERT INTO judge_calls (judge, exchange, side, purpose, attempt, model, owner, started_at, reserved_usd)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: settle_call
UPDATE judge_calls SET
    settled_at = :now, outcome = :outcome, status = :status, duration_s = :duration_s, reported_model = :reported_model,
    input_tokens = :input_tokens, output_tokens = :output_tokens, cost_usd = :cost_usd, cost_reason = :cost_reason
WHERE id = :number AND settled_at IS NULL;

-- name: add_spending
-- A call is of the day that it began on.
INSERT INTO judge_spending (judge, day, calls, usd, unpriced)
SELECT judge, date(started_at, 'unixepoch'), 1, coalesce(cost_usd, 0.0), cost_usd IS NULL FROM judge_calls WHERE id = :number
ON CONFLICT (judge, day) DO UPDATE SET
    calls = calls + 1, usd = usd + excluded.usd, unpriced = unpriced + excluded.unpriced;

-- name: insert_verdict
-- Nothing where a verdict stands, and nothing where the pair is gone.
INSERT INTO verdicts (
    exchange, side, measure, position, repetition, verdict, strength, scores, reason, rung, analysis, flags, judged_at
)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
WHERE EXISTS (SELECT 1 FROM observations WHERE exchange = ?1 AND side = ?2 AND side > 0)
ON CONFLICT (exchange, side, measure, position, repetition) DO NOTHING;

-- name: verdicts
SELECT
    exchange, side, measure, position, repetition, verdict, strength, scores, reason, rung, analysis, flags, judged_at
FROM verdicts
WHERE exchange > :after AND exchange <= :upto AND measure = :measure
ORDER BY exchange, side, position, repetition;

-- name: reply
SELECT reply FROM replies WHERE key = ?;

-- name: put_reply
-- What was asked about an exchange that is gone is not kept.
INSERT INTO replies (key, kind, reply, made_at, exchange)
SELECT ?1, ?2, ?3, ?4, ?5
WHERE ?5 IS NULL OR EXISTS (SELECT 1 FROM exchanges WHERE number = ?5)
ON CONFLICT (key) DO UPDATE SET
    kind = excluded.kind, reply = excluded.reply, made_at = excluded.made_at, exchange = excluded.exchange;

-- name: forget_replies
DELETE FROM replies WHERE key IN (SELECT key FROM replies WHERE made_at < :before ORDER BY made_at LIMIT :size);
