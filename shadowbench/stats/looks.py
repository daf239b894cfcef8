"""Few looks, planned beforehand: bounds for each, so that all of them together have one chance α of a false alarm.

    plan = spending_plan([0.25, 0.5, 0.75, 1.0])       fractions of the information that is planned for
    at_look(mean(values), plan, 0)                     the interval that counts at the first look

With few looks these are narrower than a confidence sequence. Bounds come from the exact distribution of the looks: a Brownian
motion seen at the fractions, its density carried from look to look by Gauss–Legendre quadrature (Armitage, McPherson & Rowe
1969).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

import numpy as np

from shadowbench.stats.columns import FloatArray, column
from shadowbench.stats.distributions import normal_cdf, normal_cdfs, t_quantile
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import normal_quantile

_NODES = 160  # of quadrature: bounds are exact to 1e-6
_FAR = 8.0  # standard deviations: a bound beyond is as good as none


class Spending(StrEnum):
    """How much of α may be spent up to a fraction t (Lan & DeMets 1983)."""

    OBRIEN_FLEMING = "obrien_fleming"  # 4 − 4Φ(z₁₋α/₄/√t), half on each side: next to nothing early
    POCOCK = "pocock"  # α ln(1 + (e − 1)t): about evenly


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """For each look: the fraction of the information, the bound that |z| must reach, and what of α is spent by then."""

    fractions: tuple[float, ...]
    bounds: tuple[float, ...]
    spent: tuple[float, ...]
    alpha: float


def spending_plan(
    fractions: Sequence[float], *, alpha: float = 0.05, spending: Spending = Spending.OBRIEN_FLEMING
) -> Plan:
    """Bounds that spend α as told, two-sided. Fractions grow up to 1; what comes later than planned may differ, as bounds
    depend only on looks before them."""
    times = _checked(fractions)
    spent = [spend(t, alpha=alpha, spending=spending) for t in times]
    density = _Density.at_start()
    bounds: list[float] = []
    before = 0.0
    for time, upto in zip(times, spent, strict=True):
        bound = density.bound(time, upto - before)
        density = density.carried(time, bound)
        bounds.append(bound)
        before = upto
    return Plan(fractions=tuple(times), bounds=tuple(bounds), spent=tuple(spent), alpha=alpha)


def obrien_fleming(looks: int, *, alpha: float = 0.05) -> Plan:
    """O'Brien and Fleming's bounds (1979) for equally spaced looks: c·√(K/k), with the c that makes it α in all."""
    times = [k / looks for k in range(1, looks + 1)]

    def spent(c: float) -> list[float]:
        return _crossed(times, [c / math.sqrt(t) for t in times])

    c = _bisected(lambda c: spent(c)[-1] - alpha, 1.0, _FAR)
    bounds = tuple(c / math.sqrt(t) for t in times)
    return Plan(fractions=tuple(times), bounds=bounds, spent=tuple(spent(c)), alpha=alpha)


def so_far(now: float, looks: int) -> tuple[float, ...]:
    """The looks as shares of the information planned for, where one looks now: of equally spaced ones those before the nearest,
    and the present, at most 1."""
    now = min(1.0, max(now, 1e-3))
    nearest = max(1, round(now * looks))
    return (*(k / looks for k in range(1, nearest) if k / looks < now), now)


def spend(fraction: float, *, alpha: float, spending: Spending) -> float:
    """How much of α may be gone at this fraction."""
    if spending is Spending.POCOCK:
        return alpha * math.log1p((math.e - 1) * fraction)
    return 4 * normal_cdf(-normal_quantile(1 - alpha / 4) / math.sqrt(fraction))


def at_look(estimate: Estimate, plan: Plan, look: int) -> Estimate:
    """The repeated confidence interval at this look, from 0 (Jennison & Turnbull 1989); few clusters have the same tail of
    their t, by what they are worth. The plan's α counts, whatever the estimate's level was."""
    if estimate.method is Method.ALL_ALIKE:
        return estimate  # holds at all looks
    found = replace(estimate, method=Method.PLANNED_LOOKS, level=1 - plan.alpha)
    if estimate.value is None or estimate.se is None or estimate.reason:
        return found
    half = estimate.se * -t_quantile(normal_cdf(-plan.bounds[look]), estimate.worth - 1)
    return replace(found, low=estimate.value - half, high=estimate.value + half)


def conditional_power(z: float, fraction: float, plan: Plan) -> float:
    """How likely the last look finds a difference in the direction of z, if things go on as they did (Lan & Wittes 1988);
    below about 0.1 going on is in vain. Needs a fraction below 1."""
    if not 0 < fraction < 1:
        raise ValueError(f"a fraction between 0 and 1 is needed, not {fraction}")
    so_far = abs(z) * math.sqrt(fraction)
    drift = abs(z) / math.sqrt(fraction)
    return normal_cdf((so_far + drift * (1 - fraction) - plan.bounds[-1]) / math.sqrt(1 - fraction))


def power(plan: Plan, drift: float) -> float:
    """How likely some look finds it, where the last look's z is expected to be `drift`. By the likelihood ratio of motions with
    and without drift, over what stays within the bounds."""
    density = _Density.at_start()
    for time, bound in zip(plan.fractions, plan.bounds, strict=True):
        density = density.carried(time, bound)
    ratio = np.exp(drift * density.nodes - drift**2 * density.time / 2)
    return 1 - float(density.masses @ ratio)


def inflation(plan: Plan, *, power_wanted: float = 0.8) -> float:
    """How many times more clusters the plan takes than a single look for the same power (Jennison & Turnbull 2000, R_B), if all
    looks come."""
    once = normal_quantile(1 - plan.alpha / 2) + normal_quantile(power_wanted)
    drift = _bisected(lambda drift: power_wanted - power(plan, drift), once / 2, 2 * once)
    return (drift / once) ** 2


@dataclass(frozen=True, slots=True)
class _Density:
    """Of a Brownian motion at `time` that has not crossed so far: values at quadrature nodes, times their weights."""

    time: float
    nodes: FloatArray
    masses: FloatArray

    @classmethod
    def at_start(cls) -> _Density:
        return cls(0.0, np.zeros(1), np.ones(1))

    def crossing(self, time: float, bound: float) -> float:
        """The chance to be beyond ±bound, in standard deviations, at this time, and never before."""
        edge, step = bound * math.sqrt(time), math.sqrt(time - self.time)
        outside = normal_cdfs((-edge - self.nodes) / step) + normal_cdfs((self.nodes - edge) / step)
        return float(self.masses @ outside)

    def bound(self, time: float, chance: float) -> float:
        """Beyond which it is with this chance."""
        return _bisected(lambda b: self.crossing(time, b) - chance, 0.0, _FAR)

    def carried(self, time: float, bound: float) -> _Density:
        """The density at this time, of what stayed within the bound."""
        edge, step = min(bound, _FAR) * math.sqrt(time), math.sqrt(time - self.time)
        places, weights = _quadrature()
        nodes = edge * places
        kernel = np.exp(-(((nodes[:, None] - self.nodes) / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
        return _Density(time, nodes, edge * weights * (kernel @ self.masses))


@cache
def _quadrature() -> tuple[FloatArray, FloatArray]:
    """Places in (−1, 1) and their weights."""
    places, weights = np.polynomial.legendre.leggauss(_NODES)
    return places, weights


def _crossed(times: Sequence[float], bounds: Sequence[float]) -> list[float]:
    density, total, spent = _Density.at_start(), 0.0, []
    for time, bound in zip(times, bounds, strict=True):
        total += density.crossing(time, bound)
        spent.append(total)
        density = density.carried(time, bound)
    return spent


def _checked(fractions: Sequence[float]) -> list[float]:
    times = column(list(fractions), name="fractions")
    if not len(times) or not (times > 0).all() or not (np.diff(times) > 0).all() or times[-1] > 1:
        raise ValueError(f"fractions must grow from above 0 up to 1 at most, not {list(fractions)}")
    return [float(t) for t in times]


def _bisected(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses zero."""
    if falling(high) > 0:
        return high
    for _ in range(50):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
