"""How often the candidate wins: as judged, and as it would be judged if both answers were as long and looked alike.

Judges like long answers with headings. The controlled rate is what is left of the preference at no difference in length and
style; where the sides differ so much that hardly any pair is alike, nothing tells the two apart, and there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.clusters import Clusters, clusters_of, mean
from shadowbench.stats.columns import FloatArray, column, effective_n, same_length, weights_of
from shadowbench.stats.distributions import sigmoid
from shadowbench.stats.estimates import Estimate, Refused, around_each
from shadowbench.stats.logistic import fit_logistic
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import sign_test

ALIKE = 0.25  # of (a − b)/(a + b): lengths of 3 : 5 and nearer
LEAST_OVERLAP = 0.1  # share of pairs that are alike
MOST_RATIO = 3.0  # of lengths, at the median of the pairs
LEAST_CLUSTERS = 30
RIDGE = 1.0  # on standardised features: as much as one pair says, nothing beside thousands


@dataclass(frozen=True, slots=True, kw_only=True)
class WinRate:
    """The raw rate, 0.5 where nobody is preferred, with what it is made of."""

    rate: Estimate
    wins: int
    ties: int
    losses: int
    sign_p: float  # exact, of wins against losses; takes pairs as independent


@dataclass(frozen=True, slots=True, kw_only=True)
class Controlled:
    """The rate at equal length and style, with what it took to get there."""

    rate: Estimate
    coefficients: tuple[Estimate, ...]  # log odds for one standard deviation more of each feature; length comes first
    overlap: float  # share of pairs that are alike in the feature in which fewest are
    length_ratio: float  # candidate's to production's, median of the pairs


def win_rate(
    scores: ArrayLike, *, clusters: Clusters | None = None, weights: ArrayLike | None = None, level: float = 0.95
) -> WinRate:
    """Of scores in [0, 1], one for each pair, 1 where the candidate wins; orders that contradict each other are ½ already."""
    s = _scores(scores)
    wins, losses = int((s > 0.5).sum()), int((s < 0.5).sum())
    return WinRate(
        rate=mean(s, clusters=clusters, weights=weights, level=level, bounds=(0.0, 1.0)),
        wins=wins, ties=len(s) - wins - losses, losses=losses, sign_p=sign_test(wins, losses),
    )  # fmt: skip


def contrast(candidate: FloatArray, production: FloatArray) -> FloatArray:
    """(a − b)/(a + b) of what is never negative, in [−1, 1]; 0 where neither side has any."""
    both = candidate + production
    return np.asarray(np.divide(candidate - production, both, out=np.zeros_like(both), where=both > 0))


def controlled_win_rate(
    scores: ArrayLike,
    candidate: ArrayLike,
    production: ArrayLike,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Controlled:
    """From features of both sides, shape (n, k), never negative: length first, then densities of headings, lists, bold.

    A logistic regression of the scores on the features' contrasts, scaled and not centred, with a small ridge; its value at
    no contrast (after Dubois et al. 2024, and Chatbot Arena's style control), with an interval from clustered errors, which
    the published method lacks. Refused with too little overlap.
    """
    s = _scores(scores)
    ours, theirs = _features(candidate, len(s)), _features(production, len(s))
    w, groups = weights_of(weights, len(s)), clusters_of(clusters, len(s))
    apart = contrast(ours, theirs)
    overlap, ratio = _overlap(apart), _length_ratio(ours, theirs)
    worth = groups.worth(w) if len(s) else 0.0
    found = Estimate(
        method=Method.CONTROLLED_WIN_RATE, level=level, n=len(s), clusters=groups.count, effective_n=effective_n(w),
        effective_clusters=worth,
    )  # fmt: skip
    if reason := _refusal(s, worth, overlap, ratio):
        return Controlled(rate=replace(found, reason=reason), coefficients=(), overlap=overlap, length_ratio=ratio)
    spread = apart.std(axis=0)
    design = np.column_stack([np.ones(len(s)), apart / np.where(spread > 0, spread, 1.0)])
    fit = fit_logistic(design, s, weights=w * len(s) / w.sum(), ridge=np.array([0.0] + [RIDGE] * len(spread)))
    errors = np.sqrt(np.diag(fit.covariance(design, groups)))
    at_equal, *coefficients = around_each(fit.coefficients, errors, found, df=worth - 1)
    rate = replace(_as_rate(at_equal), effective_n=found.effective_n, effective_clusters=worth)
    return Controlled(rate=rate, coefficients=tuple(coefficients), overlap=overlap, length_ratio=ratio)


def _refusal(scores: FloatArray, worth: float, overlap: float, length_ratio: float) -> Refused | None:
    if worth < LEAST_CLUSTERS:
        return Refused.TOO_FEW
    if overlap < LEAST_OVERLAP or not 1 / MOST_RATIO <= length_ratio <= MOST_RATIO:
        return Refused.NO_OVERLAP
    return Refused.NO_VARIATION if np.ptp(scores) == 0 else None


def _as_rate(odds: Estimate) -> Estimate:
    """From log odds; `se` stays theirs."""
    ends = sigmoid(np.array([odds.value, odds.low, odds.high], dtype=np.float64))
    return replace(odds, value=float(ends[0]), low=float(ends[1]), high=float(ends[2]))


def _scores(scores: ArrayLike) -> FloatArray:
    s = column(scores, name="scores")
    if not ((s >= 0) & (s <= 1)).all():
        raise ValueError("scores lie between 0, where production wins, and 1")
    return s


def _features(given: ArrayLike, n: int) -> FloatArray:
    features = np.asarray(given, dtype=np.float64)
    features = features[:, None] if features.ndim == 1 else features
    same_length(features, n, name="features")
    if not (np.isfinite(features).all() and (features >= 0).all()):
        raise ValueError("features are lengths and densities: finite, and not below zero")
    return features


def _overlap(apart: FloatArray) -> float:
    return float((np.abs(apart) < ALIKE).mean(axis=0).min()) if len(apart) else 0.0


def _length_ratio(ours: FloatArray, theirs: FloatArray) -> float:
    """At the median; sides without any length count as 1, so that there is a ratio."""
    return float(np.median(np.maximum(ours[:, 0], 1.0) / np.maximum(theirs[:, 0], 1.0))) if len(ours) else 1.0
