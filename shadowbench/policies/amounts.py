"""Margins and bounds as people write them: a number in the measure's unit, or with the unit beside it. Pure.

0.02          in the measure's unit; of a relative claim a share: 0.1 is a tenth
2%            a share, or percentage points of a measure that is one
200 ms, 1.5 s, 0.001 USD, $0.001, 50 tokens
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

_WRITTEN = re.compile(r"(\$?)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%|[A-Za-zµ]*)")
# As written: the unit it stands for, and how much of it.
_KNOWN: Mapping[str, tuple[str, float]] = {
    "": ("", 1.0),
    "%": ("%", 1.0),
    "s": ("s", 1.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
    "µs": ("s", 1e-6),
    "USD": ("USD", 1.0),
    "tokens": ("tokens", 1.0),
}
FORM = "a number such as 0.02, or with its unit: 2%, 200 ms, 0.001 USD"

UNITS: Mapping[str, str] = {
    "latency": "s",
    "ttft": "s",
    "gap_p50": "s",
    "gap_p95": "s",
    "cost": "USD",
    "input_tokens": "tokens",
    "output_tokens": "tokens",
}
"""Of measures that have a unit. What is not here is a share, or a number of which only its author knows the unit."""

SHARES = frozenset(
    {
        "consistency",
        "empty",
        "error_class",
        "exact_match",
        "json_schema",
        "json_valid",
        "language",
        "language_agreement",
        "refusal",
        "refusal_flip",
        "repetition",
        "rouge_l",
        "token_set_ratio",
        "tool_call_match",
        "tool_schema_valid",
        "truncation",
    }
)
"""Measures of which it is known that they go from 0 to 1."""

NEITHER = frozenset(
    {
        "input_tokens",
        "length",
        "length_words",
        "output_tokens",
        "parallel_call_count",
        "readability",
        "refusal_flip_inverse",
    }
)
"""Measures of which neither more nor less is better: nothing can be claimed of them."""

PREFERENCES = frozenset({"pairwise"})
"""Judges of which it is known that they say who is preferred: from one half there is a half to lose."""

WORSE_ABOVE = frozenset({"empty", "error_class", "refusal", "refusal_flip", "repetition", "truncation"})
"""Of `SHARES` those of which less is better."""

_MOST_RELATIVE = 10.0  # eleven times as much: whoever writes more means percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """As it was written."""

    value: float
    unit: str = ""  # "", %, s, USD or tokens


def read_amount(written: object) -> Amount:
    """Raises ValueError for what is no finite number of a known unit."""
    if isinstance(written, bool):
        raise ValueError("must be a number, not a boolean (in YAML yes, no, on and off are booleans)")
    if isinstance(written, int | float):
        return _finite(float(written), "")
    found = _WRITTEN.fullmatch(written.strip()) if isinstance(written, str) else None
    if found is None or (found[1] and found[3]):
        raise ValueError(f"must be {FORM}")
    unit = "USD" if found[1] else found[3]
    if unit not in _KNOWN:
        known = ", ".join(name for name in _KNOWN if name)
        raise ValueError(f"there is no unit {unit!r} here; known: {known}")
    name, factor = _KNOWN[unit]
    return _finite(float(found[2]) * factor, name)


def _finite(value: float, unit: str) -> Amount:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return Amount(value=value, unit=unit)


def margin_of(amount: Amount, measure: str, *, relative: bool) -> float:
    """The margin as a claim has it. Raises ValueError for one below zero, in a wrong unit, or that allows everything."""
    if amount.value < 0:
        raise ValueError("is below zero: a margin says how much worse would still do, whichever way is worse")
    value = _in_unit(amount, measure, relative=relative)
    if relative and value > _MOST_RELATIVE:
        raise ValueError(f"allows {1 + value:g} times as much; a tenth more is written 0.1 or 10%")
    if not relative and measure in SHARES and value >= 1:
        raise ValueError(f"allows everything: {measure} goes from 0 to 1; one percentage point is written 0.01 or 1%")
    if not relative and amount.unit == "%" and value >= 1:
        raise ValueError("allows everything: a share goes from 0 to 1; one percentage point is written 0.01 or 1%")
    return value


def preferred_despite(margin: float, measure: str) -> None:
    """Raises ValueError for a margin that a candidate keeps that is never preferred."""
    if measure in PREFERENCES and margin >= 0.5:
        raise ValueError(
            "allows everything: a candidate that is never preferred is preferred half less often than an equal one; to be "
            "preferred in 45 % of the cases is written 0.05 or 5%"
        )


def bound_of(amount: Amount, measure: str) -> float:
    """The bound as a claim has it. Raises ValueError for a wrong unit, or for one that a share cannot have."""
    value = _in_unit(amount, measure, relative=False)
    if measure in SHARES and not 0 <= value <= 1:
        raise ValueError(f"cannot be: {measure} goes from 0 to 1; one percent is written 0.01 or 1%")
    if measure in SHARES and value == (1 if measure in WORSE_ABOVE else 0):
        raise ValueError(f"allows everything: {measure} goes from 0 to 1, and this is the worst that there is")
    return value


def _in_unit(amount: Amount, measure: str, *, relative: bool) -> float:
    unit = UNITS.get(measure, "")
    if relative and amount.unit not in ("", "%"):
        raise ValueError("is relative: it is a share of production's value, such as 0.1 or 10%, and has no unit")
    if amount.unit == "%":
        if unit and not relative:
            raise ValueError(f"percent of what? Say `relative: true`, or how many {unit} (of {measure}) would do")
        return amount.value / 100
    if amount.unit and amount.unit != unit:
        what = f"is measured in {unit}" if unit else "is a share, or has a unit of its own: write a plain number"
        raise ValueError(f"is in {amount.unit}, and {measure} {what}")
    return amount.value
