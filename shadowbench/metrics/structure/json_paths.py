"""One place in a JSON answer: what stands there, and whether it is what it should be.

A place is a singular query of RFC 9535 (§2.3.5.1): `$`, then names and indexes: `$.order.items[0]['unit price'].amount`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Absent, Need, Value, metric
from shadowbench.metrics.structure.json_answers import json_of
from shadowbench.metrics.structure.json_fields import Likeness, sameness
from shadowbench.metrics.view import PairView, Side
from shadowbench.scores import Direction, Shape

_STEP = re.compile(
    r"\.(?P<name>[^\W\d]\w*)|\[(?P<index>0|-?[1-9]\d*)\]|\['(?P<single>(?:[^'\\]|\\.)*)'\]|\[\"(?P<double>(?:[^\"\\]|\\.)*)\"\]"
)
_ESCAPED = re.compile(r"\\(.)")
_NOTHING = object()


def _check(*, path: str, **others: object) -> None:
    steps_of(path)


@metric(
    version="1",
    shape=Shape.SIDES,
    direction=Direction.HIGHER,
    low=0,
    high=1,
    needs=(Need.TEXT,),
    check=_check,
)
def json_path_equals(side: Side, *, path: str, equals: Any, relative: float = 0.0, fenced: bool = False) -> Value:
    """Whether a certain value stands at a place of the answer, which is JSON."""
    found = _at(side, path, fenced)
    return found is not _NOTHING and _same(found, equals, relative)


@metric(
    version="1",
    shape=Shape.PAIR,
    direction=Direction.HIGHER,
    low=0,
    high=1,
    needs=(Need.TEXT,),
    check=_check,
)
def json_path_equals_agreement(pair: PairView, *, path: str, relative: float = 0.0, fenced: bool = False) -> Value:
    """Whether the same value, whatever it is, stands at a place of both answers."""
    production, candidate = _at(pair.production, path, fenced), _at(pair.candidate, path, fenced)
    if production is _NOTHING and candidate is _NOTHING:
        return Absent("no_value")
    return production is not _NOTHING and candidate is not _NOTHING and _same(production, candidate, relative)


def _same(left: Any, right: Any, relative: float) -> bool:
    return sameness(left, right, Likeness(relative=relative)) == 1.0


def _at(side: Side, path: str, fenced: bool) -> Any:
    try:
        value = json_of(side, fenced)
    except ValueError:
        return _NOTHING
    for step in steps_of(path):
        is_container = isinstance(value, dict if isinstance(step, str) else list)
        if not is_container:
            return _NOTHING
        try:
            value = value[step]
        except LookupError:
            return _NOTHING
    return value


@lru_cache(maxsize=64)
def steps_of(path: str) -> Sequence[str | int]:
    """Names and indexes, in order. Raises ConfigurationError."""
    steps: list[str | int] = []
    at = 1 if path.startswith("$") else len(path) + 1
    while at < len(path) and (match := _STEP.match(path, at)):
        steps.append(_step(match))
        at = match.end()
    if at != len(path):
        raise ConfigurationError(f"path {path!r}: write $, then names and indexes, such as $.items[0]['unit price']")
    return tuple(steps)


def _step(match: re.Match[str]) -> str | int:
    if match["index"] is not None:
        return int(match["index"])
    quoted = match["single"] if match["single"] is not None else match["double"]
    return match["name"] if quoted is None else _ESCAPED.sub(r"\1", quoted)
