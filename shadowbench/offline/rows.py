"""A row of somebody's file, and where in it something stands. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple


class BadRowError(ValueError):
    """A row that cannot be used; the message says what is wrong with it, without its place."""


class BadRow(NamedTuple):
    """A row that cannot be used, with its place."""

    file: str
    number: int
    why: str


class Row(NamedTuple):
    """One row. `number`: its (last) line, or which element of a JSON array it is, from 1."""

    file: str
    stem: str  # the file's name without folder and ending
    number: int
    fields: Mapping[str, Any]

    def bad(self, error: object) -> BadRow:
        """This row as one that cannot be used."""
        return BadRow(self.file, self.number, str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where something stands: in a member of the row, in the name of its file, or it is the same for all rows."""

    path: str | None = None  # a member; or members of members, with dots between them
    stem: bool = False  # the name of the row's file
    value: Any = None

    def __str__(self) -> str:
        return repr(self.path) if self.path is not None else "the file's name" if self.stem else repr(self.value)

    def find(self, row: Row) -> Any:
        """What stands there. None: nothing, or something that means nothing (null, NaN, an empty field of a spreadsheet)."""
        return self._in(row, None)

    def need(self, row: Row) -> Any:
        """As `find`, but the row must have the member, even if nothing is in it. Raises BadRowError."""
        missing = object()
        if (found := self._in(row, missing)) is missing:
            raise BadRowError(f"there is no {self}; there are: {', '.join(row.fields)}")
        return found

    def _in(self, row: Row, missing: Any) -> Any:
        if self.path is None:
            return row.stem if self.stem else self.value
        found = row.fields.get(self.path, missing)
        if found is missing and "." in self.path:
            found = _deep(row.fields, self.path.split("."), missing)
        return None if isinstance(found, float) and math.isnan(found) else found


def _deep(value: Any, names: list[str], missing: Any) -> Any:
    for name in names:
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return missing
    return value


def plain(value: object) -> str:
    """A value as one word, the same whether it came as a number of JSON or as text of a spreadsheet: 1, true, gpt-4."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def word(where: Where | None, row: Row) -> str | None:
    """A name or another short text; None where there is none."""
    found = None if where is None else where.find(row)
    if isinstance(found, (dict, list)):
        raise BadRowError(f"{where} is no word but a {type(found).__name__}")
    return None if found is None else plain(found) or None


def needed_word(where: Where, row: Row) -> str:
    """As `word`. Raises BadRowError where there is none."""
    where.need(row)
    if (found := word(where, row)) is None:
        raise BadRowError(f"{where} is empty")
    return found


def number(where: Where | None, row: Row) -> float | None:
    """A finite number, or its text; None where there is none."""
    found = None if where is None else where.find(row)
    if where is None or found is None or (isinstance(found, str) and not found.strip()):
        return None
    return needed_number(where, row)


def needed_number(where: Where, row: Row) -> float:
    """As `number`. Raises BadRowError where there is none."""
    found = where.find(row)
    try:
        value = math.nan if isinstance(found, bool) else float(found)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise BadRowError(f"{where} is a number, not {found!r:.80}")
    return value


def amount(where: Where | None, row: Row) -> float | None:
    """A number that is not below 0."""
    if (value := number(where, row)) is not None and value < 0:
        raise BadRowError(f"{where} is below 0: {value:g}")
    return value


def count(where: Where | None, row: Row) -> int | None:
    """A whole number that is not below 0."""
    value = amount(where, row)
    if value is not None and not value.is_integer():
        raise BadRowError(f"{where} is a whole number, not {value:g}")
    return None if value is None else int(value)


def moment(where: Where | None, row: Row) -> float | None:
    """Unix seconds, or a date and time (UTC unless it says otherwise)."""
    if (found := word(where, row)) is None:
        return None
    try:
        at = number(where, row)
    except BadRowError:
        at = _seconds(found)
    if at is None:
        raise BadRowError(f"{where} is a time, not {found!r:.80}; write 2026-01-31T12:00")
    if not _has_a_date(at):
        raise BadRowError(f"{where}: {found:.80} is no time in Unix seconds; milliseconds are to be divided by 1000")
    return at


def _has_a_date(at: float) -> bool:
    """Whether Unix seconds are in the years 1 to 9999."""
    try:
        datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return True


def _seconds(date: str) -> float | None:
    """Unix seconds of a date, UTC unless it says otherwise; None: it is none."""
    try:
        at = datetime.fromisoformat(date)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
