-- The statements of `sqlite_segments.py` and, to read segments, of `columns_segments.py`. What stands in braces is made by code, of
-- names of columns.

-- name: columns
SELECT columns FROM segments WHERE source = :source AND page = :page;

-- name: reach
-- The least number there is, and the greatest.
SELECT min(number), max(number) FROM exchanges;

-- name: begun
-- Left behind by somebody who did not come to an end.
SELECT page FROM segments WHERE source = :source AND page BETWEEN :first AND :last AND columns IS NULL LIMIT 1;

-- name: missing
-- The first page of some that has no segment. The index has both columns.
SELECT min(page) FROM (
    SELECT :first AS page
    UNION ALL
    SELECT page + 1 FROM segments WHERE source = :source AND page >= :first AND page < :last
) AS after_one
WHERE :first <= :last AND NOT EXISTS (
    SELECT 1 FROM segments AS there WHERE there.source = :source AND there.page = after_one.page
);

-- name: next_number
SELECT min(number) FROM exchanges WHERE number > :after;

-- name: begin
INSERT OR REPLACE INTO segments (source, page, token, columns) VALUES (:source, :page, :token, NULL);

-- name: end
UPDATE segments SET columns = :columns WHERE source = :source AND page = :page AND token = :token;

-- name: exchanges
SELECT {columns} FROM exchanges WHERE number > :after AND number <= :last ORDER BY number;

-- name: observations
SELECT {columns} FROM observations WHERE exchange > :after AND exchange <= :last ORDER BY exchange, side;

-- name: scores
SELECT {columns} FROM scores WHERE exchange > :after AND exchange <= :last ORDER BY exchange, side, measure;
