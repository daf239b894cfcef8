"""Whether an answer is SQL: sqlglot's grammar, which knows thirty dialects. An extra: `shadowbench-sidecar[sql]`."""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Absent, Need, Value, metric
from shadowbench.metrics.bounds import TOO_LONG
from shadowbench.metrics.structure.fences import unfenced
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape

_MOST_CHARACTERS = 20_000  # 0.1 s

# Each join without a condition doubles sqlglot's time, since the condition might still come: 0.1 s for twelve.
_MOST_BARE_JOINS = 12
_JOIN, _CONDITION = re.compile(r"(?i)\bjoin\b"), re.compile(r"(?i)\b(?:on|using)\b")
_STATEMENTS = (
    *("Query", "Insert", "Update", "Delete", "Merge", "TruncateTable"),
    *("Create", "Drop", "Alter", "Grant", "Set", "Use", "Transaction", "Commit", "Rollback"),
)


def _check(*, dialect: str, fenced: bool) -> None:
    try:
        import sqlglot
    except ImportError:
        raise ConfigurationError("sql_valid needs sqlglot: pip install 'shadowbench-sidecar[sql]'") from None
    try:
        sqlglot.Dialect.get_or_raise(dialect)
    except ValueError as error:
        raise ConfigurationError(f"sql_valid: {error}") from None


@metric(
    version="1",
    shape=Shape.SIDES,
    direction=Direction.HIGHER,
    low=0,
    high=1,
    needs=(Need.TEXT,),
    check=_check,
)
def sql_valid(side: Side, *, dialect: str = "", fenced: bool = False) -> Value:
    """Whether the whole answer is one or more SQL statements. Whether their tables exist is not known."""
    text = unfenced(side.text or "") if fenced else side.text or ""
    if len(text) > _MOST_CHARACTERS:
        return TOO_LONG
    if len(_JOIN.findall(text)) - len(_CONDITION.findall(text)) > _MOST_BARE_JOINS:
        return Absent("too_deep")
    return _is_sql(text, dialect)


def _is_sql(text: str, dialect: str) -> Value:
    import sqlglot

    statements, commands = _kinds()
    try:
        found = [each for each in sqlglot.parse(text, dialect=dialect) if each is not None]
    except sqlglot.errors.SqlglotError:
        return 0.0
    except RecursionError:
        return Absent("too_deep")
    if any(isinstance(each, commands) for each in found):
        return Absent("not_checked")  # such as VACUUM: its first word is known, the others are not looked at
    return bool(found) and all(isinstance(each, statements) for each in found)


@cache
def _kinds() -> tuple[tuple[type[Any], ...], type[Any]]:
    from sqlglot import exp

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of each command that it does not look into
    return tuple(getattr(exp, name) for name in _STATEMENTS), exp.Command
