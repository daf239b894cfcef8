"""A quantile watched while values come: its order-statistic interval, wide enough for all looks at once."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.columns import column
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method


def radius(n: int, q: float, *, alpha: float) -> float:
    """How far from q the shares lie whose quantiles bound the q-quantile after n values: 1.5·√(q(1−q)·l) + 0.8·l with
    l = (1.4·ln ln(2.1·n) + ln(10/α))/n (Howard & Ramdas, Bernoulli 28(3), 2022)."""
    iterated = (1.4 * math.log(math.log(2.1 * n)) + math.log(10 / alpha)) / n
    return 1.5 * math.sqrt(q * (1 - q) * iterated) + 0.8 * iterated


def watch_quantile(values: ArrayLike, q: float, *, level: float = 0.95) -> Estimate:
    """The q-quantile of independent values so far; +inf may stand for longer than was waited for. Refused while a bound lies
    beyond the smallest or largest value, or beyond what was waited for."""
    x = np.sort(column(values, infinite=True))
    n = len(x)
    found = Estimate(method=Method.QUANTILE_SEQUENCE, level=level, n=n, clusters=n)
    if n < 2:
        return replace(found, reason=Refused.TOO_FEW)
    value = float(x[math.ceil(q * n - 1e-9) - 1])
    found = replace(found, value=value if math.isfinite(value) else None)
    away = radius(n, q, alpha=1 - level)
    low, high = math.floor((q - away) * n), math.ceil((q + away) * n)  # ranks from 1, outward
    if low < 1 or high > n:
        return replace(found, reason=Refused.TOO_FEW)
    if not math.isfinite(x[high - 1]):
        return replace(found, reason=Refused.CENSORED)
    return replace(found, low=float(x[low - 1]), high=float(x[high - 1]))
