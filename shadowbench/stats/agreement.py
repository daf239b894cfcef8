"""How far two raters agree, beyond what their habits alone would make them. Pure.

Rows of a table are the first rater's categories, columns the second's. Where units were drawn with unequal probabilities,
their weights are 1 ÷ probability; the table then adds up to Kish's effective number of units, (Σw)² ÷ Σw², so that the
formulas below, which are of counts, tell the weighted estimate with an honest error.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from shadowbench.stats.proportions import Interval, normal_quantile, wilson

Floats = NDArray[np.float64]
Weighting = Literal["plain", "linear", "quadratic"]
"""What a disagreement counts: all the same, by the distance of the categories, or by its square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """A number that says how strongly, with its interval and how many units it is made of, or why there is none."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    reason: str | None = None  # given when value is None

    def holds(self, value: float) -> bool:
        """Whether the interval has it. False without an interval."""
        return self.low is not None and self.high is not None and self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How one rater agrees with another, of whom the base rates are."""

    n: int
    effective_n: float  # less than n where weights differ
    observed: Coefficient
    kappa: Coefficient
    ac1: Coefficient
    base_rates: Mapping[Any, float]  # category → the second rater's share of it
    constant: float  # agreement of one who always says what the second rater says most


def agreement(
    one: Sequence[Hashable],
    other: Sequence[Hashable],
    categories: Sequence[Hashable],
    *,
    weights: Sequence[float] | None = None,
    weighting: Weighting = "plain",
    confidence: float = 0.95,
) -> Agreement | None:
    """Everything about two raters of the same units; `other` is the measure, such as people. None: there are no units."""
    if not one:
        return None
    counts = table(one, other, categories, weights)
    n, effective_n = len(one), float(counts.sum())
    base = counts.sum(axis=0) / effective_n
    share = float(np.trace(counts)) / effective_n
    interval = wilson(min(share, 1.0) * effective_n, effective_n, confidence=confidence)
    return Agreement(
        n=n,
        effective_n=effective_n,
        observed=Coefficient(value=share, n=n, low=interval.low, high=interval.high),
        kappa=cohen_kappa(counts, weighting=weighting, n=n, confidence=confidence),
        ac1=gwet_ac1(counts, n=n, confidence=confidence),
        base_rates={category: float(rate) for category, rate in zip(categories, base, strict=True)},
        constant=float(base.max()),
    )


def table(
    one: Sequence[Hashable],
    other: Sequence[Hashable],
    categories: Sequence[Hashable],
    weights: Sequence[float] | None = None,
) -> Floats:
    """How often the first said the row's category and the second the column's. Raises KeyError for another category."""
    place = {category: number for number, category in enumerate(categories)}
    counts = np.zeros((len(place), len(place)))
    given = np.ones(len(one)) if weights is None else np.asarray(weights, dtype=float)
    scale = float(given.sum() / (given**2).sum()) if len(given) else 1.0
    for a, b, weight in zip(one, other, given * scale, strict=True):
        counts[place[a], place[b]] += weight
    return counts


def cohen_kappa(
    counts: Floats, *, weighting: Weighting = "plain", n: int | None = None, confidence: float = 0.95
) -> Coefficient:
    """Cohen's kappa (1960; weighted 1968), with the large-sample interval of Fleiss, Cohen and Everitt (1969).

    Where that has no width, as when all agree, the interval is that of the observed agreement (Wilson), with the agreement
    by chance held as it is: ten units of full agreement do not prove full agreement.
    """
    total = float(counts.sum())
    n = round(total) if n is None else n
    if total <= 0:
        return Coefficient(value=None, n=n, reason="no_units")
    shares, weight = counts / total, agreement_weights(len(counts), weighting)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float((weight * shares).sum()), float(rows @ weight @ columns)
    if math.isclose(expected, 1.0):
        return Coefficient(value=None, n=n, reason="one_category")
    kappa = (observed - expected) / (1 - expected)
    habits = (weight @ columns)[:, None] + (weight.T @ rows)[None, :]
    spread = (shares * (weight * (1 - expected) - habits * (1 - observed)) ** 2).sum()
    variance = (spread - (observed * expected - 2 * expected + observed) ** 2) / (total * (1 - expected) ** 4)
    half = normal_quantile(0.5 + confidence / 2) * math.sqrt(max(0.0, float(variance)))
    if half < 1e-9:
        bounds = wilson(min(1.0, observed) * total, total, confidence=confidence)
        low, high = ((bound - expected) / (1 - expected) for bound in bounds)
    else:
        low, high = kappa - half, kappa + half
    return Coefficient(value=kappa, n=n, low=max(-1.0, low), high=min(1.0, high))


def gwet_ac1(counts: Floats, *, n: int | None = None, confidence: float = 0.95) -> Coefficient:
    """Gwet's AC1 (2008), which a skewed base rate does not drag down, with its interval over samples of units.

    By chance agree those who guess, and nobody guesses what is nearly always the same.
    """
    total, q = float(counts.sum()), len(counts)
    n = round(total) if n is None else n
    if total <= 0 or q < 2:
        return Coefficient(value=None, n=n, reason="no_units" if total <= 0 else "one_category")
    shares = counts / total
    mean = (shares.sum(axis=1) + shares.sum(axis=0)) / 2
    observed, expected = float(np.trace(shares)), float((mean * (1 - mean)).sum()) / (q - 1)
    ac1 = (observed - expected) / (1 - expected)
    on_diagonal = float((np.diag(shares) * (1 - mean)).sum()) / (q - 1) - observed * expected
    pairs = 1 - (mean[:, None] + mean[None, :]) / 2
    anywhere = float((shares * pairs**2).sum()) / (q - 1) ** 2 - expected**2
    spread = observed * (1 - observed) - 4 * (1 - ac1) * on_diagonal + 4 * (1 - ac1) ** 2 * anywhere
    half = normal_quantile(0.5 + confidence / 2) * math.sqrt(max(0.0, spread) / total) / (1 - expected)
    if half < 1e-9:
        bounds = wilson(min(1.0, observed) * total, total, confidence=confidence)
        interval = Interval(*((bound - expected) / (1 - expected) for bound in bounds))
    else:
        interval = Interval(ac1 - half, ac1 + half)
    return Coefficient(value=ac1, n=n, low=max(-1.0, interval.low), high=min(1.0, interval.high))


def agreement_weights(size: int, weighting: Weighting) -> Floats:
    """How much two categories of an order agree: 1 when they are the same, 0 at the ends of the scale."""
    if weighting == "plain" or size < 2:
        return np.eye(size)
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / (size - 1)
    return 1 - (apart if weighting == "linear" else apart**2)
