-- The statements of `columns_sqlite.py` and `columns_scores.py`. Rows are numbers alone, as `columns_image.py` takes them. What stands in braces is made by code, of names of columns and of numbers; words are bound.

-- name: next_number
-- Where the next page starts; numbers of what was pruned are gaps.
SELECT min(number) FROM exchanges WHERE number > :after AND number <= :upto;

-- name: reach
-- Between which numbers all lie that began within a time; the index by age has both columns.
SELECT min(number), max(number) FROM exchanges WHERE started_at >= :since AND started_at < :until AND number <= :upto;

-- name: exchanges
SELECT {columns} FROM exchanges WHERE number > :after AND number <= :last ORDER BY number;

-- name: observations
SELECT {columns} FROM observations
WHERE exchange > :after AND exchange <= :last
ORDER BY exchange, side;

-- name: score_key
-- Which pair and which measure, in one number of 28 bits: the place within the page (12), the side (8), the measure's distance
-- from the first one (8). The origin is a REAL, which makes the number one.
exchange * 65536 + side * 256 + measure - :origin

-- name: scores
SELECT {columns} FROM scores
WHERE exchange > :after AND exchange <= :last AND side < 256 AND {among}
ORDER BY exchange, side, measure;

-- name: told
-- What scores say in their details. An importer may have put there what is no JSON.
SELECT {columns} FROM (
    SELECT exchange, side, {word} AS word FROM scores
    WHERE exchange > :after AND exchange <= :last AND side < 256 AND measure = :measure AND json_valid(detail)
)
ORDER BY exchange, side;

-- name: ids
SELECT number, id FROM exchanges WHERE number > :after AND number <= :last ORDER BY number;
