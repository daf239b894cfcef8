"""Quantiles that are absent where the sample cannot bear them. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def quantile(values: Sequence[float], q: float) -> float | None:
    """The q-quantile by linear interpolation between order statistics (Hyndman and Fan's type 7).

    None unless at least one value is expected beyond it: a median takes 2 values, a p95 takes 20. Below that it would be
    the maximum by another name.
    """
    if not values or round(len(values) * min(q, 1 - q), 9) < 1:
        return None
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
