"""Several candidates in the order in which a judge prefers them, by the model of Bradley and Terry.

Candidates were compared with production alone, never with each other: a star, in which the model adds nothing to win rates but
intervals that hold together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm, clusters_from
from shadowbench.report.analysis.subsampling import some_clusters
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.document.parts import Place, Ranking
from shadowbench.stats.bradley_terry import bradley_terry
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray, IntArray

PRODUCTION = "production"
MOST_PAIRS = 100_000
"""Of more a part is drawn: strengths are then known to a few hundredths, as rankings need."""


def rankings(
    log: ReadLog, measured: Sequence[tuple[Arm, Sequence[Paired]]], *, level: float = 0.95, seed: int = 0
) -> tuple[Ranking, ...]:
    """One for each judge that prefers, where it compared two candidates or more; A/A lanes are ranked, and not counted."""
    names = dict.fromkeys(
        paired.subject.name for _, several in measured for paired in several if is_preference(paired.subject)
    )
    found = (_ranking(log, name, _of_judge(name, measured), level, seed) for name in names)
    return tuple(each for each in found if each is not None)


def _of_judge(name: str, measured: Sequence[tuple[Arm, Sequence[Paired]]]) -> Sequence[tuple[Arm, Paired]]:
    """Each arm's preferences; of equal names the first."""
    wanted = (
        (arm, next((p for p in several if p.subject.name == name and is_preference(p.subject)), None))
        for arm, several in measured
    )
    return [(arm, paired) for arm, paired in wanted if paired is not None and paired.n]


@dataclass(frozen=True, slots=True)
class _Comparisons:
    """All arms' pairs, one behind the other, shape (n,)."""

    candidate: IntArray  # from 1; production is 0
    scores: FloatArray
    weights: FloatArray
    clusters: Clusters


def _ranking(log: ReadLog, name: str, arms: Sequence[tuple[Arm, Paired]], level: float, seed: int) -> Ranking | None:
    if sum(not arm.again for arm, _ in arms) < 2:
        return None
    all_of_them = _comparisons(log, arms)
    some = some_clusters(all_of_them.clusters, MOST_PAIRS, seed)
    told = all_of_them if some is None else _among(all_of_them, some)
    found = bradley_terry(
        told.candidate,
        np.zeros(len(told.scores), np.int64),
        told.scores,
        contestants=len(arms) + 1,
        clusters=told.clusters,
        weights=told.weights,
        level=level,
        simultaneous=np.random.default_rng(seed),
    )
    places = [Place(name=PRODUCTION, strength=found.strengths[0])] + [
        Place(name=arm.name, strength=strength, again=arm.again)
        for (arm, _), strength in zip(arms, found.strengths[1:], strict=True)
    ]
    return Ranking(
        measure=name,
        n=len(told.scores),
        clusters=told.clusters.count,
        star=found.star,
        places=tuple(sorted(places, key=_by_strength)),
        reason=next((s.reason for s in found.strengths if s.reason is not None), None),
        subsampled=some is not None,
    )


def _by_strength(place: Place) -> tuple[bool, float, str]:
    """Strongest first; who has no strength comes last, by name."""
    value = place.strength.value
    return value is None, -(value or 0.0), place.name


def _comparisons(log: ReadLog, arms: Sequence[tuple[Arm, Paired]]) -> _Comparisons:
    sizes = [paired.n for _, paired in arms]
    return _Comparisons(
        candidate=np.repeat(np.arange(1, len(arms) + 1), sizes),
        scores=np.concatenate([paired.candidate for _, paired in arms]),
        weights=np.concatenate([paired.weights for _, paired in arms]),
        clusters=_common_clusters(log, arms),
    )


def _common_clusters(log: ReadLog, arms: Sequence[tuple[Arm, Paired]]) -> Clusters:
    """A request that several candidates answered is in one cluster; without a key of clusters it is one by itself."""
    keys = np.concatenate([log.pairs["cluster_key"][arm.rows[paired.places]] for arm, paired in arms]).astype(np.int64)
    exchanges = np.concatenate([arm.exchange[paired.places] for arm, paired in arms])
    alone = keys < 0
    keys[alone] = len(log.pairs.texts["cluster_key"]) + np.unique(exchanges[alone], return_inverse=True)[1].reshape(-1)
    return clusters_from(keys)


def _among(all_of_them: _Comparisons, some: IntArray) -> _Comparisons:
    return _Comparisons(
        candidate=all_of_them.candidate[some],
        scores=all_of_them.scores[some],
        weights=all_of_them.weights[some],
        clusters=clusters_from(all_of_them.clusters.codes[some]),
    )
