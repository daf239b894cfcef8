"""A ranking of many from comparisons of two: P(i beats j) = 1/(1 + e^(bⱼ − bᵢ)) (Bradley & Terry 1952).

Strengths are relative to one contestant, production as a rule. Where every comparison was against production the model adds
nothing to separate win rates; `star` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.clusters import Clusters, clusters_of
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray, column, same_length, weights_of
from shadowbench.stats.estimates import Estimate, Refused, around_each
from shadowbench.stats.logistic import fit_logistic
from shadowbench.stats.methods import Method

_DRAWS = 20_000  # of the largest of several normal variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Strengths as log odds against the base, whose own is 0 and has no interval."""

    base: int
    strengths: tuple[Estimate, ...]  # by contestant, 0 … k − 1
    star: bool  # all comparisons are with the base


def bradley_terry(
    one: ArrayLike,
    other: ArrayLike,
    scores: ArrayLike,
    *,
    contestants: int,
    base: int = 0,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    simultaneous: np.random.Generator | None = None,
) -> Ranking:
    """From comparisons of `one` with `other` (numbers of contestants) and `one`'s score in [0, 1], a tie being ½. Errors are
    clustered, by prompt as a rule. With a Generator all intervals hold together (the largest of their t, simulated), which a
    ranking needs. Refused where somebody never won or never lost: that distance has no bound."""
    s = column(scores, name="scores")
    i, j = (np.asarray(side, dtype=np.int64) for side in (one, other))
    same_length(i, len(s), name="one")
    same_length(j, len(s), name="other")
    if ((i == j) | (i < 0) | (j < 0) | (i >= contestants) | (j >= contestants)).any() or not (
        (s >= 0) & (s <= 1)
    ).all():
        raise ValueError(f"comparisons are between two of the {contestants} contestants, with scores between 0 and 1")
    w, groups = weights_of(weights, len(s)), clusters_of(clusters, len(s))
    star = bool(((i == base) | (j == base)).all())
    plain = Estimate(method=Method.BRADLEY_TERRY, level=level, n=len(s), clusters=groups.count)
    itself = replace(plain, value=0.0, low=0.0, high=0.0)
    reason = Refused.NOT_CONNECTED if not _connected(_beat(i, j, s, contestants)) else None
    reason = reason or (Refused.TOO_FEW if groups.count <= contestants else None)
    if reason:
        refused = replace(plain, reason=reason)
        told = [itself if c == base else refused for c in range(contestants)]
        return Ranking(base=base, strengths=tuple(told), star=star)
    design = _design(i, j, contestants, base)
    fit = fit_logistic(design, s, weights=w * len(s) / w.sum())
    covariance = fit.covariance(design, groups)
    strengths = _estimates(fit.coefficients, covariance, plain, simultaneous)
    strengths.insert(base, itself)
    return Ranking(base=base, strengths=tuple(strengths), star=star)


def _design(i: IntArray, j: IntArray, contestants: int, base: int) -> FloatArray:
    """+1 for one, −1 for the other; the base has no column."""
    design = np.zeros((len(i), contestants))
    rows = np.arange(len(i))
    design[rows, i] = 1.0
    design[rows, j] = -1.0
    return np.delete(design, base, axis=1)


def _beat(i: IntArray, j: IntArray, s: FloatArray, contestants: int) -> BoolArray:
    """Who took anything off whom."""
    beat: BoolArray = np.zeros((contestants, contestants), dtype=bool)
    beat[i[s > 0], j[s > 0]] = True
    beat[j[s < 1], i[s < 1]] = True
    return beat


def _connected(beat: BoolArray) -> bool:
    """Whether from everybody a chain of wins leads to everybody: then and only then strengths are finite (Ford 1957)."""
    reach = beat | np.eye(len(beat), dtype=bool)
    for middle in range(len(beat)):
        reach = reach | (reach[:, middle, None] & reach[None, middle, :])
    return bool(reach.all())


def _estimates(
    values: FloatArray, covariance: FloatArray, plain: Estimate, rng: np.random.Generator | None
) -> list[Estimate]:
    errors = np.sqrt(np.diag(covariance))
    told = around_each(values, errors, plain, df=plain.clusters - 1)
    if rng is None:
        return told
    drawn = rng.multivariate_normal(np.zeros(len(values)), covariance / np.outer(errors, errors), size=_DRAWS)
    factor = float(np.quantile(np.abs(drawn).max(axis=1), plain.level))
    return [
        replace(t, low=float(b - factor * e), high=float(b + factor * e))
        for t, b, e in zip(told, values, errors, strict=True)
    ]
