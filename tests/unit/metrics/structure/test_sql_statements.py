import sys

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.structure.sql_statements import sql_valid
from tests.compared import pair, value


def said(text: str, **given: object) -> float | str:
    return value(sql_valid, pair("", text).candidate, **given)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT a, count(*) FROM t WHERE b > 1 GROUP BY a;", 1),
        ("WITH x AS (SELECT 1) SELECT * FROM x", 1),
        ("INSERT INTO t VALUES (1); UPDATE t SET a = 2 WHERE b", 1),
        ("CREATE TABLE t (a INT PRIMARY KEY)", 1),
        ("SELECT a FROM WHERE", 0),
        ("SELEC * FROM t", 0),
        ("Here is your query: SELECT 1", 0),
        ("hello world", 0),  # an expression with an alias, but no statement
        ("-- only a comment", 0),
        ("SELECT 'open", 0),
        ("VACUUM", "not_checked"),
        ("SELECT " + "(" * 3_000, "too_deep"),
        ("SELECT * FROM a " + "JOIN b " * 300, "too_deep"),
        ("SELECT * FROM a " + "JOIN b ON a.x = b.x " * 30, 1),
        ("SELECT 1" + " " * 20_000, "too_long"),
        ("SELECT '\ud800'", 1),
    ],
)
def test_an_answer_is_sql_or_not(text: str, expected: float | str) -> None:
    assert said(text) == expected


def test_dialects_differ() -> None:
    assert said("SELECT `a b` FROM t", dialect="mysql") == 1
    assert said("SELECT a::int FROM t QUALIFY row_number() OVER (ORDER BY a) = 1", dialect="snowflake") == 1
    with pytest.raises(ConfigurationError, match="klingon"):
        sql_valid.options({"dialect": "klingon"})


def test_a_fence_may_be_allowed() -> None:
    assert said("```sql\nSELECT 1\n```") == 0
    assert said("```sql\nSELECT 1\n```", fenced=True) == 1


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    with pytest.raises(ConfigurationError, match=r"shadowbench-sidecar\[sql\]"):
        sql_valid.options({})


def test_nothing_is_logged_of_what_is_not_looked_into(caplog: pytest.LogCaptureFixture) -> None:
    said("SHOW TABLES")
    assert caplog.records == []
