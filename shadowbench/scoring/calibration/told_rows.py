"""Labels and right answers as other tools write them: rows of JSON lines or CSV, read one by one. Pure.

A row names its exchange by `exchange_id`, `exchange_number` or `request_id` (the client's), and its candidate by `candidate` (a
name) or `side` where there are several: so a line of `shadowbench export` with a label added is one. Other members are passed
over. A row that cannot be read is told with its line and why; it takes no other row with it.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from shadowbench.scores import Position, Preferred
from shadowbench.scoring.calibration.people import LEAST_PROBABILITY, PREFERENCE

KEYS = ("exchange_number", "exchange_id", "request_id")
_PREFERRED = ("preferred", "label", "verdict")
_VALUE = ("value", "rating", "score")
_REFERENCE = ("reference", "expected")


class BadRow(NamedTuple):
    """A row that says nothing, and why."""

    line: int
    why: str


class Key(NamedTuple):
    """Which exchange: the name of one of `KEYS`, and what the row has there."""

    by: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLabel:
    """A label before its pair is looked up."""

    line: int
    key: Key
    candidate: str | None
    side: int | None
    question: str
    labeller: str
    labelled_at: float | None
    round: int
    preferred: Preferred | None
    value: float | None
    position: Position | None
    probability: float
    note: str | None


class ToldReference(NamedTuple):
    """A right answer before its exchange is looked up."""

    line: int
    key: Key
    reference: str


class _WrongError(ValueError):
    """What is wrong with a row."""


def rows(text: Iterable[str], *, is_csv: bool) -> Iterator[tuple[int, Mapping[str, Any]] | BadRow]:
    """The rows with the number of their (last) line; empty lines and empty fields are left out."""
    yield from _csv_rows(text) if is_csv else _json_rows(text)


def label_of(line: int, row: Mapping[str, Any], *, labeller: str) -> ToldLabel | BadRow:
    """What a row says as a label; `labeller` is who said it where the row does not tell."""
    try:
        return _label(line, row, labeller)
    except _WrongError as error:
        return BadRow(line, str(error))


def reference_of(line: int, row: Mapping[str, Any]) -> ToldReference | BadRow:
    """What a row says as a right answer."""
    try:
        name, reference = _first(row, _REFERENCE)
        if not isinstance(reference, str):
            raise _WrongError(f"{name} is no text" if name else f"there is no {' or '.join(_REFERENCE)}")
        return ToldReference(line, _key(row), reference)
    except _WrongError as error:
        return BadRow(line, str(error))


def _json_rows(text: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]] | BadRow]:
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield BadRow(number, f"not JSON: {error}")
            continue
        yield (
            (number, {k: v for k, v in row.items() if v is not None})
            if isinstance(row, dict)
            else BadRow(number, "not a JSON object")
        )


def _csv_rows(text: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]] | BadRow]:
    taken = 0

    def counted() -> Iterator[str]:  # the reader's own count leaves out the line that it stumbles over
        nonlocal taken
        for line in text:
            taken += 1
            yield line

    reader = csv.DictReader(counted(), restkey="", strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield BadRow(taken, f"not CSV: {error}")
            continue
        if row is None:
            return
        if "" in row:
            yield BadRow(taken, "more fields than the header names, or a column without a name")
        else:
            yield taken, {k.strip(): v for k, v in row.items() if v is not None and v.strip()}


def _label(line: int, row: Mapping[str, Any], labeller: str) -> ToldLabel:
    preferred, value = _preferred(row), _number(row, _VALUE)
    question = str(row.get("question", PREFERENCE)).strip()
    if (preferred is None) == (value is None):
        raise _WrongError("one of preferred (production, candidate or tie) and value (a number) is needed")
    if (question == PREFERENCE) is (preferred is None):
        raise _WrongError(f"the question {PREFERENCE} goes with preferred, and a rubric's question with value")
    probability = _number(row, ("probability",))
    if probability is not None and not LEAST_PROBABILITY <= probability <= 1:
        raise _WrongError(f"probability is at least {LEAST_PROBABILITY:.6f} and at most 1, not {probability!r}")
    return ToldLabel(
        line=line,
        key=_key(row),
        candidate=str(row["candidate"]) if "candidate" in row else None,
        side=_whole(row, "side"),
        question=question,
        labeller=str(row.get("labeller", labeller)),
        labelled_at=_moment(row),
        round=_whole(row, "round") or 1,
        preferred=preferred,
        value=value,
        position=_position(row),
        probability=1.0 if probability is None else probability,
        note=str(row["note"]) if "note" in row else None,
    )


def _key(row: Mapping[str, Any]) -> Key:
    for name in KEYS:
        if name in row:
            return Key(name, str(_whole(row, name) if name == "exchange_number" else row[name]).strip())
    raise _WrongError(f"which exchange? one of {', '.join(KEYS)} is needed")


def _preferred(row: Mapping[str, Any]) -> Preferred | None:
    name, said = _first(row, _PREFERRED)
    if name is None:
        return None
    try:
        return Preferred(str(said).strip().lower())
    except ValueError:
        if said == row.get("candidate"):
            return Preferred.CANDIDATE
        raise _WrongError(f"{name} is production, candidate or tie, not {said!r}") from None


def _position(row: Mapping[str, Any]) -> Position | None:
    if "position" not in row:
        return None
    try:
        return Position(row["position"])
    except ValueError:
        raise _WrongError(f"position is one of {', '.join(Position)}, not {row['position']!r}") from None


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str | None, Any]:
    return next(((name, row[name]) for name in names if name in row), (None, None))


def _number(row: Mapping[str, Any], names: tuple[str, ...]) -> float | None:
    name, said = _first(row, names)
    if name is None:
        return None
    try:
        number = math.nan if isinstance(said, bool) else float(said)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise _WrongError(f"{name} is a number, not {said!r}")
    return number


def _whole(row: Mapping[str, Any], name: str) -> int | None:
    number = _number(row, (name,))
    if number is None:
        return None
    if number < 1 or not number.is_integer():
        raise _WrongError(f"{name} is a whole number from 1, not {row[name]!r}")
    return int(number)


def _moment(row: Mapping[str, Any]) -> float | None:
    """Unix seconds, or a date and time (UTC unless it says otherwise)."""
    said = row.get("labelled_at")
    if said is None:
        return None
    try:
        return float(said)
    except (TypeError, ValueError):
        pass  # then it is a date
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        raise _WrongError(f"labelled_at is a time, not {said!r}; write 2026-01-31T12:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
