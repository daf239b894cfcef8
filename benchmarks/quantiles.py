"""Medians and percentiles of benchmark results."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of sorted values; NaN of none."""
    if not ordered:
        return math.nan
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def typical(values: Sequence[float], ends: Sequence[int], share: float) -> float:
    """The median over consecutive parts of each part's percentile; NaN of none. `ends`: how many values there were at the end
    of each part; what comes after the last one is in none.

    Of delays by the second: who takes the machine away for a while spoils those seconds, and not the rest.
    """
    return median(
        percentile(sorted(values[begin:end]), share)
        for begin, end in zip([0, *ends], ends, strict=False)
        if end > begin
    )


def median(values: Iterable[float]) -> float:
    """The median of the values that are there; NaN of none."""
    known = [value for value in values if not math.isnan(value)]
    return statistics.median(known) if known else math.nan
