"""Whether a judge of the log favours a contestant of its own family, by the word of the other judges. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shadowbench.scores import PairRef
from shadowbench.scoring.calibration.facts import PairFacts
from shadowbench.scoring.calibration.sayings import Saying
from shadowbench.stats.agreement import Coefficient
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.judging_family import SelfPreference, self_preference


def self_preference_of(
    family: str | None,
    said: Mapping[PairRef, Saying],
    others: Mapping[str, Mapping[PairRef, Saying]],
    facts: Mapping[PairRef, PairFacts],
    chance: np.random.Generator,
) -> SelfPreference:
    """The index over pairs of which exactly one side is of the judge's family; else why there is none."""
    if family is None:
        return _absent("family_unknown")
    sides = {pair: side for pair in said if pair in facts and (side := _own_side(family, facts[pair])) is not None}
    if not sides:
        return _absent("no_pair_of_its_family")
    pairs = list(sides)
    clusters = Clusters.of([facts[pair].cluster for pair in pairs])
    own = [_for_side(said[pair], sides[pair]) for pair in pairs]
    rest = [[_for_side(told[p], sides[p]) if p in told else None for p in pairs] for told in others.values()]
    return self_preference(own, rest, clusters, chance, count=max(200, min(2000, 5_000_000 // len(pairs))))


def _own_side(family: str, facts: PairFacts) -> bool | None:
    """Whether the candidate is the side of the family; None: neither is, or both."""
    candidate, production = family in facts.candidate_families, family in facts.production_families
    return candidate if candidate is not production else None


def _for_side(said: Saying, is_candidate: bool) -> float:
    return said.lean if is_candidate else 1 - said.lean


def _absent(reason: str) -> SelfPreference:
    return SelfPreference(index=Coefficient(value=None, n=0, reason=reason))
