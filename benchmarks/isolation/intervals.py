"""Ratios with their 95 % intervals, and what is promised of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shadowbench.stats.ranks import LEAST_N, hodges_lehmann

PROMISED = {0.5: 1.05, 0.9: 1.10}
"""By quantile: below what the interval of on ÷ off has to end."""
PROMISED_OF = ("whole", "first_byte", "last_byte")

LEAST_ROUNDS = LEAST_N


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio over rounds, and the interval in which the true one lies in 95 of 100 runs."""

    middle: float
    low: float
    high: float
    rounds: int

    def would_show(self, promised: float) -> bool:
        """Whether the interval is so narrow on both sides that, laid around 1, it would end below the promise. Wherever it
        lies, and whichever arm has the longer tail: how long one goes on must not depend on what came out."""
        return max(self.high / self.middle, self.middle / self.low) < promised


def paired(off: Sequence[float], on: Sequence[float]) -> Ratio:
    """on ÷ off, round by round: Hodges and Lehmann's shift of the logarithms, between those that signed ranks do not reject.

    Rounds in which others took the machine away are few and far off: a mean, and Student's t, would tell of those alone.
    Raises ValueError unless both have `LEAST_ROUNDS` or more.
    """
    if len(off) != len(on) or len(off) < LEAST_ROUNDS:
        raise ValueError(f"cannot pair {len(off)} rounds with {len(on)}; {LEAST_ROUNDS} of each are needed")
    found = hodges_lehmann([math.log(b / a) for a, b in zip(off, on, strict=True)])
    assert found.value is not None and found.low is not None and found.high is not None
    return Ratio(middle=math.exp(found.value), low=math.exp(found.low), high=math.exp(found.high), rounds=len(off))


def limit(promised: float, itself: Ratio | None) -> float:
    """What an interval may end below: the promise, or what the machine's noise alone does where that is wider."""
    return promised if itself is None else max(promised, itself.high)
