"""How many pairs it takes: before the start, and while it runs.

`sd` is the standard deviation of a pair's difference; √n times an estimate's standard error is the one that allows for its
clusters and weights. Tests are two-sided at α unless it says one-sided.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shadowbench.stats.distributions import normal_cdf
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.proportions import normal_quantile


def pairs_needed(
    sd: float, difference: float, *, alpha: float = 0.05, power: float = 0.8, one_sided: bool = False
) -> float:
    """(z_α + z_β)² sd²/δ²: pairs to find a true mean difference with this power; to show non-inferiority of a candidate that
    is d better, one-sided with δ = margin + d. Round up."""
    return ((_z(alpha, one_sided) + normal_quantile(power)) * sd / difference) ** 2


def detectable(sd: float, n: float, *, alpha: float = 0.05, power: float = 0.8, one_sided: bool = False) -> float:
    """The least true difference that n pairs find with this power (MDE)."""
    return (_z(alpha, one_sided) + normal_quantile(power)) * sd / math.sqrt(n)


def power_of(sd: float, n: float, difference: float, *, alpha: float = 0.05, one_sided: bool = False) -> float:
    """How likely n pairs find a true difference."""
    standardised = abs(difference) * math.sqrt(n) / sd
    z = _z(alpha, one_sided)
    return normal_cdf(standardised - z) + (0.0 if one_sided else normal_cdf(-standardised - z))


def sd_of_repeats(
    between: float,
    candidate: float = 0.0,
    production: float = 0.0,
    *,
    repeats: int = 1,
    production_repeats: int | None = None,
) -> float:
    """√(ω² + σ²_c/K_c + σ²_p/K_p) from variances: of the difference between requests, and of each side's answers to the same
    request, asked K times (Miller 2024)."""
    of_production = repeats if production_repeats is None else production_repeats
    return math.sqrt(between + candidate / repeats + production / of_production)


def design_effect(size: float, correlation: float) -> float:
    """1 + (m − 1)·ICC: how many times more pairs it takes where they come in clusters of size m (Kish 1965)."""
    return 1 + (size - 1) * correlation


def mcnemar_pairs(discordant: float, difference: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Pairs for a paired yes-or-no question, from the share of pairs that differ and the difference of shares (Connor 1987)."""
    if not abs(difference) <= discordant <= 1:
        raise ValueError(f"a difference of {difference} needs at least as large a share of pairs that differ")
    z, b = _z(alpha, False), normal_quantile(power)
    return ((z * math.sqrt(discordant) + b * math.sqrt(discordant - difference**2)) / difference) ** 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StillNeeded:
    """What it takes from here."""

    pairs: int  # in all
    more: int  # beyond those that are there
    days: float | None  # at the traffic of now; None where there is none


def still_needed(
    estimate: Estimate,
    difference: float,
    *,
    pairs_per_day: float,
    alpha: float = 0.05,
    power: float = 0.8,
    one_sided: bool = False,
) -> StillNeeded | None:
    """Pairs and days until this difference (or margin) can be told, if pairs go on to vary as they did; None where it is not
    known how they vary."""
    if estimate.se is None or not estimate.se > 0:
        return None
    sd = estimate.se * math.sqrt(estimate.n)
    pairs = math.ceil(pairs_needed(sd, difference, alpha=alpha, power=power, one_sided=one_sided))
    more = max(0, pairs - estimate.n)
    days = 0.0 if not more else more / pairs_per_day if pairs_per_day > 0 else None
    return StillNeeded(pairs=pairs, more=more, days=days)


def _z(alpha: float, one_sided: bool) -> float:
    return normal_quantile(1 - (alpha if one_sided else alpha / 2))
