"""JSON objects in a text, read strictly: no member twice, no NaN, nothing taken from what is broken. Never raises. Pure.

Line breaks within strings are let pass: models write them, and they change nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_STARTS = 1_000
"""Places of a text that are tried: each may cost the rest of the text, down to a depth of about a thousand."""
_START = re.compile(r'\{(?=\s*["}])')


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object and where it stands. No members: it begins there and is broken."""

    start: int
    end: int
    members: dict[str, Any] | None


def object_of(text: str) -> dict[str, Any] | None:
    """The object that `text`, but for white space around it, is as a whole."""
    text = text.strip()
    found = _decoded(text, 0) if text.startswith("{") else None
    return found.members if found is not None and found.end == len(text) else None


def objects_in(text: str) -> Iterator[Found]:
    """The outermost objects in a text, whole and broken ones, from the left.

    What follows the start of a broken one is searched too: whoever asks has to mind what stood before.
    """
    position = 0
    for _ in range(MAX_STARTS):
        start = _START.search(text, position)
        if start is None:
            return
        found = _decoded(text, start.start())
        yield found
        position = found.end


def _decoded(text: str, start: int) -> Found:
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return Found(start=start, end=start + 1, members=None)
    return Found(start=start, end=end, members=value if isinstance(value, dict) else None)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number without bound")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite, strict=False)
