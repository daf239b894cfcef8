-- The statements of `sqlite_scores.py`. Columns of scores are in the order of `Score`.

-- name: insert_measure
INSERT INTO measures (name, kind, version, config_hash, shape, direction, low, high, unit, about)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name, version, config_hash) DO NOTHING;

-- name: measure_id
SELECT id FROM measures WHERE name = ? AND version = ? AND config_hash = ?;

-- name: measures
SELECT id, done_upto, name, kind, version, config_hash, shape, direction, low, high, unit, about FROM measures ORDER BY id;

-- name: marks_of
SELECT id, done_upto FROM measures WHERE id IN (SELECT value FROM json_each(:measures));

-- name: ahead_of
SELECT measure, first, last FROM done_ahead WHERE measure IN (SELECT value FROM json_each(:measures));

-- name: set_mark
UPDATE measures SET done_upto = :mark WHERE id = :measure;

-- name: clear_ahead
DELETE FROM done_ahead WHERE measure = ?;

-- name: insert_ahead
INSERT INTO done_ahead (measure, first, last) VALUES (?, ?, ?);

-- name: live_leases
SELECT first, last FROM leases WHERE lane = :lane AND expires_at >= :now;

-- name: lease_holder
SELECT owner FROM leases WHERE lane = :lane AND expires_at >= :now;

-- name: exchanges_between
-- The next exchanges within two numbers.
SELECT number FROM exchanges WHERE number >= :first AND number <= :last ORDER BY number LIMIT :size;

-- name: void_leases
-- Those that a new lease takes over. They ran out: the new one was laid around all that live.
DELETE FROM leases WHERE lane = :lane AND first <= :last AND last >= :first;

-- name: insert_lease
INSERT INTO leases (owner, lane, first, last, measures, expires_at)
VALUES (:owner, :lane, :first, :last, :measures, :expires_at);

-- name: renew_lease
UPDATE leases SET expires_at = :expires_at WHERE id = :lease AND owner = :owner;

-- name: lease_measures
SELECT measures FROM leases WHERE id = :lease AND owner = :owner;

-- name: delete_lease
DELETE FROM leases WHERE id = :lease AND owner = :owner;

-- name: delete_leases_of
DELETE FROM leases WHERE owner = ?;

-- name: pairs_between
-- A repeat (NAME~again) is no side of a pair.
SELECT exchange, side FROM observations
WHERE exchange >= :first AND exchange <= :last AND side > 0 AND endpoint NOT LIKE '%~again'
ORDER BY exchange, side;

-- name: scored_between
SELECT exchange, side, measure FROM scores
WHERE exchange >= :first AND exchange <= :last AND measure IN (SELECT value FROM json_each(:measures));

-- name: pairs_of
-- The pairs of the exchanges in a JSON array.
SELECT exchange, side FROM observations WHERE exchange IN (SELECT value FROM json_each(?)) AND side > 0;

-- name: insert_score
INSERT INTO scores (
    exchange, side, measure, value, reason, production_value, production_reason, probability, detail
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (exchange, side, measure) DO NOTHING;

-- name: scores_of
SELECT exchange, side, measure, value, reason, production_value, production_reason, probability, detail
FROM scores
WHERE exchange > :after AND exchange <= :upto AND measure IN (SELECT value FROM json_each(:measures))
ORDER BY exchange, side, measure;

-- name: count_pairs
-- How many pairs the next exchanges have, and the last of those that were counted.
SELECT count(*), max(exchange) FROM (
    SELECT exchange FROM observations
    WHERE exchange >= :first AND exchange <= :last AND side > 0 AND endpoint NOT LIKE '%~again'
    ORDER BY exchange LIMIT :limit
);

-- name: first_pair_at
SELECT started_at FROM exchanges WHERE number = (
    SELECT exchange FROM observations
    WHERE exchange >= :first AND exchange <= :last AND side > 0 AND endpoint NOT LIKE '%~again'
    ORDER BY exchange LIMIT 1
);
