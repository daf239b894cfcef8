-- Lets a version-3 log be read by the statements of today: what came with version 4 is there and empty. See
-- `reading_version_2.sql`.

CREATE TEMP VIEW segments AS SELECT NULL AS source, NULL AS page, NULL AS token, NULL AS columns WHERE 0;
