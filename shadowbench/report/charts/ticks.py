"""Where an axis has its marks, and how far it goes. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

_MOST = 7


def span(values: Iterable[float | None], *, around: float | None = None, padding: float = 0.06) -> tuple[float, float]:
    """The least and greatest value with some room; `around` is inside, too. Without values: 0 to 1."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if around is not None:
        known.append(around)
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = (high - low) * padding or abs(high) * padding or 1.0
    return low - room, high + room


def round_steps(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, 20 … from low to high, both above zero: every one where they are few, else powers of ten."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = [float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5)]
    inside = [value for value in every if low <= value <= high]
    if len(inside) <= _MOST:
        return inside
    powers = [value for value in inside if math.isclose(math.log10(value) % 1, 0, abs_tol=1e-9)]
    return powers or inside[:: len(inside) // _MOST + 1]
