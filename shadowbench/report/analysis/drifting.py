"""Whether the second half of the period is unlike the first: requests, answers, scores.

The period is cut in the middle of its time, before anybody looks. Numbers are asked by PSI and by the distance of distribution
functions, categories by Jensen and Shannon's distance, and all numbers of a side together by MMD and by a classifier, which
also tells by what it knows the halves apart. Everything is corrected for being one of many (Benjamini–Hochberg).

Requests, and production's answers and scores, are seen in the pairs of the candidate that has most of them; a candidate's own
in its pairs. Lengths and times are of answers; how often there is none is asked apart (`…_outcome`). Scores are by intention to
treat. Of many pairs a test looks at a seeded part, and what it finds there may still be small: read the size first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.features import PRODUCTION, REQUESTS, Features, features_of, outcomes_of
from shadowbench.report.analysis.halves import Halves
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.times import Drift
from shadowbench.report.policy import Policy
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import BoolArray, FloatArray
from shadowbench.stats.drift_weighted import of_categories, of_numbers
from shadowbench.stats.estimates import Evidence
from shadowbench.stats.multiplicity import benjamini_hochberg
from shadowbench.stats.two_samples import classifier, mmd

MOST_MMD = 300  # vectors of a half: all of them are compared with all
MOST_CLASSIFIER = 200  # of a half
_FITS = 49  # of the classifier to halves that were exchanged: it is there to explain more than to find
_EXPLAINED = 5


def drifts(
    log: ReadLog, arms: Sequence[Arm], measured: Sequence[Sequence[Paired]], policy: Policy, rng: np.random.Generator
) -> tuple[Drift, ...]:
    """`measured`: for each arm its metrics and judges (`intended`), in the arms' order. Corrected over all of them. Requests
    come first, then production, then the arms."""
    there = [(arm, scores) for arm, scores in zip(arms, measured, strict=True) if arm.n]
    if not there:
        return ()
    widest, of_widest = max(there, key=lambda each: each[0].n)
    halves = {arm.name: Halves.of(arm, None, arm.weights, rng) for arm, _ in there}
    found = [
        *_of_features(log, widest, halves[widest.name], REQUESTS, REQUESTS, rng),
        *_of_features(log, widest, halves[widest.name], PRODUCTION, PRODUCTION, rng),
        *_of_scores(widest, of_widest, PRODUCTION, rng),
    ]
    for arm, scores in there:
        found += _of_features(log, arm, halves[arm.name], "candidate", arm.name, rng)
        found += _of_scores(arm, scores, arm.name, rng)
    return _corrected(found, policy.alpha)


def _of_features(
    log: ReadLog, arm: Arm, halves: Halves, kind: str, side: str, rng: np.random.Generator
) -> Iterator[Drift]:
    """`kind`: requests, production or candidate; `side`: as it is called."""
    features = features_of(log, arm, halves.at, kind)
    for number in features.numbers:
        yield from _of_number(halves, number.of, side, number.values, number.known)
    words = features.words if kind == REQUESTS else [*features.words, outcomes_of(log, arm, halves.at, kind)]
    for word in words:
        before, after = halves.samples(word.codes, word.known)
        n = len(before.values), len(after.values)
        yield _drift(of_categories(before, after), word.of, side, n, subsampled=halves.subsampled)
    yield from _together(features, halves, side, rng)


def _of_scores(arm: Arm, scores: Sequence[Paired], side: str, rng: np.random.Generator) -> Iterator[Drift]:
    for paired in scores:
        values = paired.production if side == PRODUCTION else paired.candidate
        if values is not None and paired.n:
            halves = Halves.of(arm, paired.places, paired.weights, rng)
            yield from _of_number(
                halves, paired.subject.name, side, values[halves.at], np.ones(len(halves.at), np.bool_)
            )


def _of_number(halves: Halves, of: str, side: str, values: FloatArray, known: BoolArray) -> Iterator[Drift]:
    before, after = halves.samples(values, known)
    n = len(before.values), len(after.values)
    moved = of_numbers(before, after)
    for evidence in (moved.psi, moved.kolmogorov_smirnov):
        yield _drift(evidence, of, side, n, subsampled=halves.subsampled)


def _together(features: Features, halves: Halves, side: str, rng: np.random.Generator) -> Iterator[Drift]:
    """All that is known of a side, as vectors."""
    names = features.names
    if not names:
        return
    some = _Vectors.of(features, halves, MOST_MMD, rng)
    evidence = mmd(some.before, some.after, rng, clusters=some.clusters)
    yield _drift(evidence, features.together, side, some.n, subsampled=some.subsampled)
    few = _Vectors.of(features, halves, MOST_CLASSIFIER, rng)
    told = classifier(few.before, few.after, rng, clusters=few.clusters, resamples=_FITS, features=_EXPLAINED)
    why = tuple((names[column], weight) for column, weight in told.features)
    yield _drift(told.evidence, features.together, side, few.n, subsampled=few.subsampled, explanation=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vectors:
    """Some vectors of both halves."""

    before: FloatArray
    after: FloatArray
    clusters: tuple[Clusters, Clusters]
    subsampled: bool

    @classmethod
    def of(cls, features: Features, halves: Halves, most: int, rng: np.random.Generator) -> _Vectors:
        """At most so many of each half."""
        known = features.known
        before, after = halves.drawn(known, most, rng)
        return cls(
            before=features.vectors(before),
            after=features.vectors(after),
            clusters=(Clusters.of(halves.cluster[before]), Clusters.of(halves.cluster[after])),
            subsampled=halves.subsampled or len(before) + len(after) < int(known.sum()),
        )

    @property
    def n(self) -> tuple[int, int]:
        return len(self.before), len(self.after)


def _drift(
    evidence: Evidence,
    of: str,
    side: str,
    n: tuple[int, int],
    *,
    subsampled: bool,
    explanation: tuple[tuple[str, float], ...] = (),
) -> Drift:
    """Not yet corrected."""
    return Drift(
        of=of,
        side=side,
        method=evidence.method,
        statistic=evidence.statistic,
        p=evidence.p,
        p_adjusted=None,
        drifted=False,
        n_before=n[0],
        n_after=n[1],
        subsampled=subsampled,
        reason=evidence.reason,
        explanation=explanation,
    )


def _corrected(found: Sequence[Drift], alpha: float) -> tuple[Drift, ...]:
    adjusted = benjamini_hochberg([each.p for each in found])
    return tuple(
        replace(each, p_adjusted=p, drifted=p is not None and p < alpha)
        for each, p in zip(found, adjusted, strict=True)
    )
