-- The statements of `sqlite_knowledge.py`.

-- name: put_label
-- The newest word of one person stands. Nothing where the pair is gone.
INSERT INTO labels (
    exchange, side, question, labeller, labelled_at, round, verdict, value, position, probability, note, source
)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
WHERE EXISTS (SELECT 1 FROM observations WHERE exchange = ?1 AND side = ?2 AND side > 0)
ON CONFLICT (exchange, side, question, labeller, round) DO UPDATE SET
    labelled_at = excluded.labelled_at, verdict = excluded.verdict, value = excluded.value, position = excluded.position,
    probability = excluded.probability, note = excluded.note, source = excluded.source;

-- name: count_labels
SELECT count(*) FROM labels;

-- name: labels
SELECT exchange, side, question, labeller, labelled_at, round, verdict, value, position, probability, note, source
FROM labels
WHERE :question IS NULL OR question = :question
ORDER BY labelled_at, id;

-- name: put_reference
INSERT INTO known_answers (exchange, reference, source)
SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM exchanges WHERE number = ?1)
ON CONFLICT (exchange) DO UPDATE SET reference = excluded.reference, source = excluded.source;

-- name: references_of
SELECT exchange, reference FROM known_answers WHERE exchange IN (SELECT value FROM json_each(:numbers));

-- name: measures_in_want
-- Measures with scores that are absent because one of these exchanges had no right answer, or that are of an answer that is
-- replaced, and the first of those. Which metrics compare with it they say themselves; before they did, it was in their names.
SELECT measure, min(exchange) FROM scores
WHERE exchange IN (SELECT value FROM json_each(:numbers)) AND (
    'no_reference' IN (reason, production_reason)
    OR (exchange IN (SELECT value FROM json_each(:replaced)) AND measure IN (
        SELECT id FROM measures
        WHERE kind = 'metric' AND (json_extract(about, '$.reference') OR json_extract(about, '$.metric') LIKE '%\_reference' ESCAPE '\')
    ))
)
GROUP BY measure;

-- name: mark_back
UPDATE measures SET done_upto = :mark WHERE id = :measure AND done_upto > :mark;

-- name: forget_ahead
-- What lies beyond is looked through once more: claims leave out what has its score.
DELETE FROM done_ahead WHERE measure = :measure AND last > :mark;

-- name: delete_in_want
DELETE FROM scores
WHERE exchange IN (SELECT value FROM json_each(:numbers)) AND (
    'no_reference' IN (reason, production_reason)
    OR (exchange IN (SELECT value FROM json_each(:replaced)) AND measure IN (
        SELECT id FROM measures
        WHERE kind = 'metric' AND (json_extract(about, '$.reference') OR json_extract(about, '$.metric') LIKE '%\_reference' ESCAPE '\')
    ))
);

-- name: references
SELECT exchange, reference FROM known_answers WHERE exchange > :after AND exchange <= :upto ORDER BY exchange;

-- name: numbers_by_id
SELECT id, number FROM exchanges WHERE id IN (SELECT value FROM json_each(?));

-- name: numbers_by_request_id
-- Reads all exchanges: an index would cost every append, and imports are rare.
SELECT request_id, max(number) FROM exchanges
WHERE request_id IN (SELECT value FROM json_each(?))
GROUP BY request_id;

-- name: insert_canary
INSERT INTO canaries (name, exchange, side, expected, source)
SELECT ?1, ?2, ?3, ?4, ?5
WHERE EXISTS (SELECT 1 FROM observations WHERE exchange = ?2 AND side = ?3 AND side > 0);

-- name: canaries
SELECT exchange, side, expected, source FROM canaries WHERE name = ? ORDER BY exchange, side;

-- name: canary_names
SELECT DISTINCT name FROM canaries ORDER BY name;

-- name: insert_canary_run
INSERT INTO canary_runs (name, measure, ran_at, items, answered, kappa, low, high, agreement, drifted, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: canary_runs
SELECT name, measure, ran_at, items, answered, kappa, low, high, agreement, drifted, detail
FROM canary_runs
WHERE name = :name AND (:measure IS NULL OR measure = :measure)
ORDER BY ran_at, id;
