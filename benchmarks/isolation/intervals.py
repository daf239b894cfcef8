"""Ratios with their 95 % intervals, and what is promised of them. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# Student's t, two-sided 95 %, by degrees of freedom; beyond the table the last one is on the safe side.
_T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio over rounds: its geometric mean, and the interval in which the true one lies in 95 of 100 runs."""

    mean: float
    low: float
    high: float
    rounds: int


def paired(off: Sequence[float], on: Sequence[float]) -> Ratio:
    """on ÷ off, round by round: Student's t on the logarithms. Raises ValueError unless both have two rounds or more."""
    if len(off) != len(on) or len(off) < 2:
        raise ValueError(f"cannot pair {len(off)} rounds with {len(on)}; two of each are needed")
    logs = [math.log(b / a) for a, b in zip(off, on, strict=True)]
    mean = statistics.fmean(logs)
    half = _T_975[min(len(logs) - 1, len(_T_975)) - 1] * statistics.stdev(logs) / math.sqrt(len(logs))
    return Ratio(mean=math.exp(mean), low=math.exp(mean - half), high=math.exp(mean + half), rounds=len(logs))


def limit(promised: float, itself: Ratio | None) -> float:
    """What an interval may end below: the promise, or what the machine's noise alone does where that is wider."""
    return promised if itself is None else max(promised, itself.high)
