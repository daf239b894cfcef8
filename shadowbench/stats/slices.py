"""Slices of the whole, by route, tenant, language: do they differ, and does one contradict what is said of all?

Slices share no clusters, or nearly so; each has its estimate with a standard error, as `clusters.mean` makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shadowbench.stats.distributions import chi2_tail
from shadowbench.stats.estimates import Estimate, Evidence, Refused, Tail
from shadowbench.stats.margins import superiority
from shadowbench.stats.methods import Method
from shadowbench.stats.multiplicity import holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """What speaks against reading the whole as if it held everywhere."""

    slices: tuple[str, ...]  # whose difference certainly points the other way than the whole's (Holm over all slices)
    reversed: bool  # the whole points one way, and none of these slices does: what is not among them outweighs them


def heterogeneity(slices: Mapping[str, Estimate]) -> Evidence:
    """Whether slices differ in their true mean, by Cochran's Q (1954): Σ(x − x̄)²/se², with x̄ weighted by 1/se². Refused below
    two slices that have a standard error."""
    known = [(e.value, e.se) for e in slices.values() if e.value is not None and e.se]
    found = Evidence(
        method=Method.COCHRAN_Q, n=sum(e.n for e in slices.values()), tail=Tail.GREATER, reason=Refused.TOO_FEW,
        clusters=sum(e.clusters for e in slices.values()),
    )  # fmt: skip
    if len(known) < 2:
        return found
    values, errors = np.array(known, dtype=np.float64).T
    precision = errors**-2
    q = float(precision @ (values - np.average(values, weights=precision)) ** 2)
    return Evidence(
        method=found.method, n=found.n, clusters=found.clusters, tail=found.tail, statistic=q,
        p=chi2_tail(q, len(known) - 1),
    )  # fmt: skip


def contradiction(whole: Estimate, slices: Mapping[str, Estimate], *, alpha: float = 0.05) -> Contradiction:
    """Slices that point the other way than the whole does. Nothing is contradicted where the whole points nowhere."""
    direction = _direction(whole)
    if not direction or not whole.excludes(0):
        return Contradiction(slices=(), reversed=False)
    adjusted = holm([superiority(estimate).p for estimate in slices.values()])
    against = [
        name
        for (name, estimate), p in zip(slices.items(), adjusted, strict=True)
        if p is not None and p < alpha and _direction(estimate) == -direction
    ]
    directions = [_direction(estimate) for estimate in slices.values() if estimate.value is not None]
    return Contradiction(slices=tuple(against), reversed=bool(directions) and direction not in directions)


def _direction(estimate: Estimate) -> int:
    return 0 if estimate.value is None else int(np.sign(estimate.value))
