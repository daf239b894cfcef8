"""The number that an answer comes to, and how far it is from another."""

from __future__ import annotations

import math
import re
from typing import Literal

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Absent, Detailed, Value, comparison
from shadowbench.scores import Direction

# A sign belongs to a number where no word or number ends before it ("2024-05" has no -5). Commas between groups of three
# digits are left out; digits within a word ("H2O", "v3") are none.
_NUMBER = re.compile(
    r"(?<![A-Za-z_.\d])(?:(?<![)\]])[-+\u2212])?"
    r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d++|(?=\.\d))(?:\.\d++)?(?:[eE][-+]?\d++)?"
)

Which = Literal["last", "first", "only"]
"""Which of a text's numbers is meant. `only`: of several that differ, none is."""


@comparison(version="1", direction=Direction.LOWER)
def numeric_diff(text: str, target: str, *, which: Which = "last") -> Value:
    """How far the two numbers are from each other: |a - b| / (|a| + |b|)."""
    a, b = number_in(text, which), number_in(target, which)
    if a is None or b is None:
        return Absent("no_number")
    return Detailed(_apart(a, b), {"number": a, "target": b})


def _check(*, which: Which, relative: float, absolute: float) -> None:
    if relative < 0 or absolute < 0:
        raise ConfigurationError("numeric_close: relative and absolute are tolerances, 0 or above")


@comparison(version="1", check=_check)
def numeric_close(
    text: str, target: str, *, which: Which = "last", relative: float = 1e-6, absolute: float = 0.0
) -> Value:
    """Whether the two numbers are the same, but for a relative or an absolute tolerance (as Python's math.isclose)."""
    a, b = number_in(text, which), number_in(target, which)
    if a is None or b is None:
        return Absent("no_number")
    return Detailed(math.isclose(a, b, rel_tol=relative, abs_tol=absolute), {"number": a, "target": b})


def number_in(text: str, which: Which) -> float | None:
    """The number that is meant. None: there is none, or none that a float can hold."""
    found = [float(match.replace(",", "").replace("\u2212", "-")) for match in _NUMBER.findall(text)]
    if not found or (which == "only" and len(set(found)) > 1):
        return None
    number = found[0] if which == "first" else found[-1]
    return number if math.isfinite(number) else None


def _apart(a: float, b: float) -> float:
    if a == b:
        return 0.0
    largest = max(abs(a), abs(b))  # the sum of two may be more than a float holds
    return abs(a / largest - b / largest) / (abs(a) / largest + abs(b) / largest)
