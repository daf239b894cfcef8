"""Do answers that take longer, or cost more, score better? Within requests: both sides' differences on the same one.

Over three models one would see a line through three points; over requests there are as many points as there are pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shadowbench.report.analysis.arms import Arm, clusters_from
from shadowbench.report.analysis.subsampling import some_clusters
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.document.comparisons import Origin, Subject
from shadowbench.report.document.parts import Correlation
from shadowbench.scores import Direction, Shape
from shadowbench.stats.columns import FloatArray, IntArray
from shadowbench.stats.correlation import spearman

MOST_SCORES = 2
MOST_PAIRS = 2000
"""Of more a part is drawn, for resamples are ranked anew each time: the interval is then 0.09 wide."""

RESAMPLES = 400


def correlations(
    arm: Arm, effort: Sequence[Paired], scores: Sequence[Paired], *, level: float = 0.95, seed: int = 0
) -> tuple[Correlation, ...]:
    """Of each of `effort` (latency, cost) with each of the first few `scores` that know a better and a worse.

    Of an A/A lane there are none."""
    if arm.again:
        return ()
    better = [paired for paired in scores if _knows_better(paired.subject)][:MOST_SCORES]
    return tuple(_correlation(arm, one, score, level, seed) for one in effort for score in better)


def _knows_better(subject: Subject) -> bool:
    compares = subject.shape is Shape.SIDES or is_preference(subject)
    return compares and subject.origin is not Origin.LOG and subject.direction is not Direction.NEITHER


def _correlation(arm: Arm, effort: Paired, score: Paired, level: float, seed: int) -> Correlation:
    """Of pairs where both sides answered: a failure takes no time that one could set against its score."""
    ours, theirs = _in_common(effort.places, score.places, arm.n)
    answered = ~(effort.imputed[ours] | score.imputed[theirs])
    ours, theirs = ours[answered], theirs[answered]
    clusters = clusters_from(arm.clusters.codes[effort.places[ours]])
    some = some_clusters(clusters, MOST_PAIRS, seed)
    if some is not None:
        ours, theirs, clusters = ours[some], theirs[some], clusters_from(clusters.codes[some])
    rho = spearman(
        effort.difference[ours],
        _better(score)[theirs],
        np.random.default_rng(seed),
        clusters=clusters,
        weights=score.weights[theirs],
        level=level,
        resamples=RESAMPLES,
    )
    return Correlation(of=effort.subject.name, measure=score.subject.name, rho=rho, subsampled=some is not None)


def _in_common(one: IntArray, other: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Where ascending numbers below n that both have stand in each: as `np.intersect1d`, without sorting."""
    in_one, in_other = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    in_one[one] = True
    in_other[other] = True
    return np.flatnonzero(in_other[one]), np.flatnonzero(in_one[other])


def _better(score: Paired) -> FloatArray:
    """How much better the candidate is: more is better, whatever the measure's direction."""
    return -score.difference if score.subject.direction is Direction.LOWER else score.difference
