from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from shadowbench.stats.multiplicity import benjamini_hochberg, e_benjamini_hochberg, holm

PUBLISHED = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.324,
    0.4262,
    0.5719,
    0.6528,
    0.759,
    1,
]


def test_the_published_example() -> None:
    assert holm(PUBLISHED)[:4] == pytest.approx([0.0015, 0.0056, 0.0247, 0.114])
    assert benjamini_hochberg(PUBLISHED)[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    assert sum((p or 0) <= 0.05 for p in holm(PUBLISHED)) == 3
    assert sum((p or 0) <= 0.05 for p in benjamini_hochberg(PUBLISHED)) == 4


p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(p_values)
@settings(max_examples=5)  # its Holm takes 50 ms
def test_statsmodels_says_the_same(values: list[float]) -> None:
    assert holm(values) == pytest.approx(multipletests(values, method="holm")[1])
    assert benjamini_hochberg(values) == pytest.approx(multipletests(values, method="fdr_bh")[1])


@given(p_values, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_nothing_becomes_smaller(values: list[float], chance: object) -> None:
    order = np.random.default_rng(len(values)).permutation(len(values))
    for rule in (holm, benjamini_hochberg):
        adjusted = rule(values)
        assert rule([values[i] for i in order]) == pytest.approx([adjusted[i] for i in order])
        assert all(a is not None and a >= p for a, p in zip(adjusted, values, strict=True))


def test_refused_tests_are_no_members_of_the_family() -> None:
    assert holm([0.01, None, 0.04]) == [0.02, None, 0.04]
    assert holm([]) == []
    assert benjamini_hochberg([None]) == [None]
    with pytest.raises(ValueError):
        holm([1.5])


def test_findings_by_e_values() -> None:
    assert e_benjamini_hochberg([100, 1, 41, 0.2]) == [True, False, True, False]
    assert e_benjamini_hochberg([79, 1, 39, 0.2]) == [False, False, False, False]
    assert e_benjamini_hochberg([]) == []
