-- Lets a version-2 log be read by the statements of today: what came with version 3 is there and empty. See
-- `reading_version_1.sql`, which shows a version-1 log as one of version 2.

CREATE TEMP VIEW measures AS
SELECT
    NULL AS id, NULL AS done_upto, NULL AS name, NULL AS kind, NULL AS version, NULL AS config_hash, NULL AS shape,
    NULL AS direction, NULL AS low, NULL AS high, NULL AS unit, NULL AS about
WHERE 0;

CREATE TEMP VIEW done_ahead AS SELECT NULL AS measure, NULL AS first, NULL AS last WHERE 0;

CREATE TEMP VIEW scores AS
SELECT
    NULL AS exchange, NULL AS side, NULL AS measure, NULL AS value, NULL AS reason, NULL AS production_value,
    NULL AS production_reason, NULL AS probability, NULL AS detail
WHERE 0;

CREATE TEMP VIEW verdicts AS
SELECT
    NULL AS exchange, NULL AS side, NULL AS measure, NULL AS position, NULL AS repetition, NULL AS verdict,
    NULL AS strength, NULL AS scores, NULL AS reason, NULL AS rung, NULL AS analysis, NULL AS flags, NULL AS judged_at
WHERE 0;

CREATE TEMP VIEW judge_calls AS
SELECT
    NULL AS judge, NULL AS purpose, NULL AS attempt, NULL AS reserved_usd, NULL AS settled_at, NULL AS cost_usd
WHERE 0;

CREATE TEMP VIEW judge_spending AS
SELECT NULL AS judge, NULL AS day, NULL AS calls, NULL AS usd, NULL AS unpriced WHERE 0;

CREATE TEMP VIEW replies AS SELECT NULL AS key, NULL AS reply WHERE 0;

CREATE TEMP VIEW labels AS
SELECT
    NULL AS exchange, NULL AS side, NULL AS question, NULL AS labeller, NULL AS labelled_at, NULL AS round,
    NULL AS verdict, NULL AS value, NULL AS position, NULL AS probability, NULL AS note, NULL AS source, NULL AS id
WHERE 0;

CREATE TEMP VIEW known_answers AS SELECT NULL AS exchange, NULL AS reference WHERE 0;

CREATE TEMP VIEW canaries AS
SELECT NULL AS name, NULL AS exchange, NULL AS side, NULL AS expected, NULL AS source WHERE 0;

CREATE TEMP VIEW canary_runs AS
SELECT
    NULL AS id, NULL AS name, NULL AS measure, NULL AS ran_at, NULL AS items, NULL AS answered, NULL AS kappa,
    NULL AS low, NULL AS high, NULL AS agreement, NULL AS drifted, NULL AS detail
WHERE 0;
