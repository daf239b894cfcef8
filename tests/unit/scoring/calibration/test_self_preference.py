"""Which pairs count as a judge's own, and for which side."""

import numpy as np
import pytest

from shadowbench.scores import PairRef
from shadowbench.scoring.calibration.facts import PairFacts
from shadowbench.scoring.calibration.sayings import Saying
from shadowbench.scoring.calibration.self_preference import self_preference_of
from shadowbench.stats.judging_family import SelfPreference
from tests.unit.scoring.calibration.judged import facts

QWEN, META = frozenset({"qwen"}), frozenset({"meta"})


def found(
    told: dict[PairRef, PairFacts], lean: float, others: tuple[float, ...], family: str | None = "qwen"
) -> SelfPreference:
    said = {pair: Saying(lean) for pair in told}
    rest = {str(n): {pair: Saying(other) for pair in told} for n, other in enumerate(others)}
    return self_preference_of(family, said, rest, told, np.random.default_rng(1))


def test_the_share_of_its_own_side_counts_whichever_side_that_is() -> None:
    for side in ("production_families", "candidate_families"):
        told = facts(30, **{side: QWEN})
        own = 0.9 if side == "candidate_families" else 0.1
        index = found(told, own, (0.5, 0.5))
        assert index.own == pytest.approx(0.9) and index.index.value == pytest.approx(0.4)


def test_where_both_sides_are_of_its_family_or_neither_is_there_is_nothing_to_favour() -> None:
    both = facts(10, production_families=QWEN, candidate_families=QWEN)
    neither = facts(10, candidate_families=META)
    assert found(both, 0.9, (0.5, 0.5)).index.reason == "no_pair_of_its_family"
    assert found(neither, 0.9, (0.5, 0.5)).index.reason == "no_pair_of_its_family"


def test_without_a_family_or_others_it_says_so() -> None:
    told = facts(10, candidate_families=QWEN)
    assert found(told, 0.9, (0.5, 0.5), family=None).index.reason == "family_unknown"
    assert found(told, 0.9, (0.5,)).index.reason == "needs_three_judges"
