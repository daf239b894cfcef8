"""Whether a judge that tells how sure it is may be taken at its word. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Forecasts from `low` to `high`: how many, what they said on average, and how often it came."""

    low: float
    high: float
    n: int
    forecast: float
    outcome: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Of `n` forecasts."""

    n: int
    brier: float  # mean squared distance of forecast and outcome; 0 is best, and a coin that says ½ has ¼
    ece: float  # expected calibration error: mean distance of forecast and frequency over bins
    bins: tuple[Bin, ...]  # those that hold any


def reliability(forecasts: Sequence[float], outcomes: Sequence[float], *, bins: int = BINS) -> Reliability | None:
    """How forecasts of 0 to 1 fare against outcomes of 0 to 1, in bins of equal width. None: there are none.

    Raises ValueError for a forecast or outcome outside.
    """
    said, came = np.asarray(forecasts, dtype=float), np.asarray(outcomes, dtype=float)
    if not all(((each >= 0) & (each <= 1)).all() for each in (said, came)):
        raise ValueError("forecasts and outcomes are numbers from 0 to 1")
    if len(said) != len(came):
        raise ValueError(f"{len(said)} forecasts cannot have {len(came)} outcomes")
    if not len(said):
        return None
    place = np.minimum((said * bins).astype(int), bins - 1)  # 1 belongs to the last bin
    found = tuple(
        Bin(
            low=number / bins,
            high=(number + 1) / bins,
            n=int(here.sum()),
            forecast=float(said[here].mean()),
            outcome=float(came[here].mean()),
        )
        for number in range(bins)
        if (here := place == number).any()
    )
    ece = sum(each.n * abs(each.forecast - each.outcome) for each in found) / len(said)
    return Reliability(n=len(said), brier=float(((said - came) ** 2).mean()), ece=ece, bins=found)
