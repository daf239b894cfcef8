"""Labels and right answers as other tools write them: rows of JSON lines or CSV, read one by one. Pure.

A row names its exchange by `exchange_id`, `exchange_number` or `request_id` (the client's), and its candidate by `candidate` (a
name) or `side` where there are several: so a line of `shadowbench export` with a label added is one. Other members are passed
over. A row that cannot be read, or kept, is told with its line and why; it takes no other row with it. What comes out of here
fits the log: whole numbers of 64 bits, texts that are UTF-8 and without NUL, times of years with four digits.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from reprlib import repr as shortly
from typing import Any, NamedTuple

from shadowbench.scores import Position, Preferred
from shadowbench.scoring.calibration.people import LEAST_PROBABILITY, PREFERENCE

KEYS = ("exchange_number", "exchange_id", "request_id")
_PREFERRED = ("preferred", "label", "verdict")
_VALUE = ("value", "rating", "score")
_REFERENCE = ("reference", "expected")
_LEAST_RATING, _MOST_RATING = 1, 5
_MOST_WHOLE = 2**53
"""Above it whole numbers that were read as decimals are no longer themselves."""
_YEAR_10000 = 253_402_300_800.0
_UNSOUND = re.compile("[\x00\ud800-\udfff]")
_NO_UTF8 = re.compile("[\udc80-\udcff]")


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
    """A label before its pair is looked up. `named`: who is preferred, where that is a name: the candidate's, if it has it."""

    line: int
    key: Key
    candidate: str | None
    side: int | None
    question: str
    labeller: str
    labelled_at: float | None
    round: int
    preferred: Preferred | None
    named: str | None
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
    """The rows with the number of their (last) line; empty lines and empty fields are left out.

    `text` is decoded with `surrogateescape`, so that bytes that are not UTF-8 spoil the row they are in and no other.
    """
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
        name, said = _first(row, _REFERENCE)
        if name is None:
            raise _WrongError(f"there is no {' or '.join(_REFERENCE)}")
        if not isinstance(said, str):
            raise _WrongError(f"{name} is no text")
        reference = _sound(name, said)
        if _is_blank(reference):
            raise _WrongError(f"{name} is empty")
        return ToldReference(line, _key(row), reference)
    except _WrongError as error:
        return BadRow(line, str(error))


def _json_rows(text: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]] | BadRow]:
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        if _NO_UTF8.search(line):
            yield BadRow(number, "not UTF-8")
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
    taken, is_spoilt = 0, False

    def counted() -> Iterator[str]:  # the reader's own count leaves out the line that it stumbles over
        nonlocal taken, is_spoilt
        for line in text:
            taken += 1
            is_spoilt = is_spoilt or _NO_UTF8.search(line) is not None
            yield line

    reader = csv.DictReader(counted(), restkey="", strict=True)
    while True:
        is_spoilt = False
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield BadRow(taken, f"not CSV: {error}")
            continue
        if is_spoilt and any(_NO_UTF8.search(name) for name in reader.fieldnames or ()):
            yield BadRow(1, "not UTF-8; without its header nothing of the file can be read")
            return
        if (separator := _other_separator(reader.fieldnames or ())) is not None:
            yield BadRow(1, f"the header has {separator!r} between its names: columns of CSV are separated by commas")
            return
        if row is None:
            return
        if is_spoilt:
            yield BadRow(taken, "not UTF-8")
        elif "" in row:
            yield BadRow(taken, "more fields than the header names, or a column without a name")
        else:
            yield taken, {k.strip(): v for k, v in row.items() if v is not None and v.strip()}


def _other_separator(names: Sequence[str]) -> str | None:
    """What separates columns instead of commas, as spreadsheets of many countries write them."""
    return next((each for each in ";\t|" if len(names) == 1 and each in names[0]), None)


def _label(line: int, row: Mapping[str, Any], labeller: str) -> ToldLabel:
    said, value = _preferred(row), _number(row, _VALUE)
    question = (_text(row, "question") or PREFERENCE).strip()
    if (said is None) == (value is None):
        raise _WrongError("one of preferred (production, candidate or tie) and value (a number) is needed")
    if (question == PREFERENCE) is (said is None):
        raise _WrongError(f"the question {PREFERENCE} goes with preferred, and a rubric's question with value")
    if value is not None and not _LEAST_RATING <= value <= _MOST_RATING:
        raise _WrongError(f"a rating is from {_LEAST_RATING} (bad) to {_MOST_RATING} (good), not {value!r}")
    probability = _number(row, ("probability",))
    if probability is not None and not LEAST_PROBABILITY <= probability <= 1:
        raise _WrongError(f"probability is at least {LEAST_PROBABILITY:.6f} and at most 1, not {probability!r}")
    return ToldLabel(
        line=line,
        key=_key(row),
        candidate=_text(row, "candidate"),
        side=_whole(row, "side"),
        question=question,
        labeller=_text({"labeller": labeller, **row}, "labeller") or labeller,
        labelled_at=_moment(row),
        round=_whole(row, "round") or 1,
        preferred=said if isinstance(said, Preferred) else None,
        named=None if isinstance(said, Preferred) else said,
        value=value,
        position=_position(row),
        probability=1.0 if probability is None else probability,
        note=None if _is_blank(row.get("note", "")) else _text(row, "note"),
    )


def _key(row: Mapping[str, Any]) -> Key:
    for name in KEYS:
        if name in row:
            return Key(name, str(_whole(row, name) if name == "exchange_number" else _text(row, name)).strip())
    raise _WrongError(f"which exchange? one of {', '.join(KEYS)} is needed")


def _preferred(row: Mapping[str, Any]) -> Preferred | str | None:
    """Who is preferred; where the row does not say which candidate it is of, by a name that is still to be looked up."""
    name, _ = _first(row, _PREFERRED)
    if name is None or (said := _text(row, name)) is None:
        return None
    try:
        return Preferred(said.strip().lower())
    except ValueError:
        candidate = _text(row, "candidate")
        if candidate is None:
            return said.strip()
        if said == candidate:
            return Preferred.CANDIDATE
        raise _WrongError(f"{name} is production, candidate or tie, not {shortly(said)}") from None


def _position(row: Mapping[str, Any]) -> Position | None:
    if "position" not in row:
        return None
    try:
        return Position(row["position"])
    except ValueError:
        raise _WrongError(f"position is one of {', '.join(Position)}, not {shortly(row['position'])}") from None


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str | None, Any]:
    return next(((name, row[name]) for name in names if name in row), (None, None))


def _text(row: Mapping[str, Any], name: str) -> str | None:
    """A text that says something; a number is taken for one, for names may be numbers."""
    if name not in row:
        return None
    said = row[name]
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        raise _WrongError(f"{name} is no text: {shortly(said)}")
    text = _sound(name, str(said))
    if _is_blank(text):
        raise _WrongError(f"{name} is empty")
    return text


def _is_blank(said: object) -> bool:
    return isinstance(said, str) and not said.strip()


def _sound(name: str, text: str) -> str:
    """A text as it is, where a log can keep it: no half of a surrogate pair, no NUL."""
    if found := _UNSOUND.search(text):
        raise _WrongError(f"{name} holds U+{ord(found[0]):04X}, which no text can be kept with")
    return text


def _number(row: Mapping[str, Any], names: tuple[str, ...]) -> float | None:
    name, said = _first(row, names)
    if name is None:
        return None
    try:
        number = math.nan if isinstance(said, bool) else float(said)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _WrongError(f"{name} is a number, not {shortly(said)}")
    return number


def _whole(row: Mapping[str, Any], name: str) -> int | None:
    number = _number(row, (name,))
    if number is None:
        return None
    if not 1 <= number <= _MOST_WHOLE or not number.is_integer():
        raise _WrongError(f"{name} is a whole number from 1 to {_MOST_WHOLE}, not {shortly(row[name])}")
    return int(number)


def _moment(row: Mapping[str, Any]) -> float | None:
    """Unix seconds, or a date and time (UTC unless it says otherwise)."""
    said = row.get("labelled_at")
    if said is None:
        return None
    try:
        at = _seconds(said)
    except (TypeError, ValueError, OverflowError):
        at = math.nan
    if not 0 <= at < _YEAR_10000:
        raise _WrongError(f"labelled_at is a time since 1970, not {shortly(said)}; write 2026-01-31T12:00")
    return at


def _seconds(said: object) -> float:
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        raise TypeError
    try:
        return float(said)
    except ValueError:
        moment = datetime.fromisoformat(str(said))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
