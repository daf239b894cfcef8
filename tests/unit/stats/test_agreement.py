"""Kappa and AC1 against published values, statsmodels, scikit-learn and the delta method."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from shadowbench.stats.agreement import (
    Agreement,
    Coefficient,
    Weighting,
    agreement,
    agreement_weights,
    cohen_kappa,
    gwet_ac1,
    table,
)

PANDALM = Path(__file__).parents[4] / "shared" / "data" / "judges" / "pandalm" / "testset-v1.json"
TABLES = st.integers(2, 5).flatmap(
    lambda q: st.lists(st.lists(st.integers(1, 40), min_size=q, max_size=q), min_size=q, max_size=q)
)
WEIGHTINGS: tuple[Weighting, ...] = ("plain", "linear", "quadratic")


def standard_error(estimate: Coefficient) -> float:
    assert estimate.low is not None and estimate.high is not None
    return (estimate.high - estimate.low) / 2 / 1.959963984540054


def test_kappa_gives_the_reference_value_with_fleiss_interval() -> None:
    kappa = cohen_kappa(np.array([[20.0, 5], [10, 15]]))
    assert (kappa.value, kappa.n) == (pytest.approx(0.4), 50)
    assert standard_error(kappa) == pytest.approx(0.126996, abs=1e-6)
    assert (kappa.low, kappa.high) == (pytest.approx(0.15109, abs=1e-5), pytest.approx(0.64891, abs=1e-5))


@given(TABLES)
def test_kappas_agree_with_statsmodels_and_scikit_learn(counts: list[list[int]]) -> None:
    raters = [(i, j) for i, row in enumerate(counts) for j, many in enumerate(row) for _ in range(many)]
    one, other = zip(*raters, strict=True)
    for weighting, there, sk in zip(
        WEIGHTINGS, (None, "linear", "quadratic"), (None, "linear", "quadratic"), strict=True
    ):
        ours = cohen_kappa(np.array(counts, dtype=float), weighting=weighting)
        theirs = cohens_kappa(np.array(counts), wt=there)
        assert ours.value == pytest.approx(theirs.kappa, abs=1e-9)
        assert ours.value == pytest.approx(cohen_kappa_score(one, other, weights=sk), abs=1e-9)
        if -0.9 < ours.value < 0.9 and max(abs(ours.low), abs(ours.high)) < 1:  # type: ignore[operator,arg-type]
            assert standard_error(ours) == pytest.approx(theirs.std_kappa, abs=1e-9)


def gradient_error(counts: np.ndarray, statistic: Callable[[np.ndarray], Coefficient]) -> float:
    """The delta method with a numeric gradient over the multinomial: what any closed formula must come to."""
    shares = counts / counts.sum()
    slopes = np.zeros_like(shares)
    for place in np.ndindex(*shares.shape):
        moved = [shares.copy(), shares.copy()]
        for sign, each in zip((1, -1), moved, strict=True):
            each[place] += sign * 1e-6
        up, down = (statistic(each * counts.sum()).value for each in moved)
        slopes[place] = (up - down) / 2e-6  # type: ignore[operator]
    mean = (shares * slopes).sum()
    return float(np.sqrt((shares * (slopes - mean) ** 2).sum() / counts.sum()))


@given(TABLES)
def test_both_errors_are_the_delta_methods(counts: list[list[int]]) -> None:
    many = np.array(counts, dtype=float) * 50  # so that no interval meets its bound
    for statistic in (gwet_ac1, cohen_kappa):
        estimate = statistic(many)
        if abs(estimate.low) < 1 and abs(estimate.high) < 1:  # type: ignore[arg-type]
            assert standard_error(estimate) == pytest.approx(gradient_error(many, statistic), rel=1e-3)


def test_ac1_stays_where_kappa_collapses() -> None:
    """Gwet (2008), table of 125 subjects: 94.4 % agreement, kappa below 0, AC1 .94."""
    skewed = np.array([[118.0, 5], [2, 0]])
    assert cohen_kappa(skewed).value == pytest.approx(-0.0234, abs=1e-4)
    assert gwet_ac1(skewed).value == pytest.approx(0.9408, abs=1e-4)


def test_ac1_of_two_categories_is_the_formula_with_q() -> None:
    q = (25 / 50 + 30 / 50) / 2
    chance = 2 * q * (1 - q)
    assert gwet_ac1(np.array([[20.0, 5], [10, 15]])).value == pytest.approx((0.7 - chance) / (1 - chance))


def test_full_agreement_of_few_is_not_certain() -> None:
    kappa = cohen_kappa(np.diag([5.0, 5]))
    assert kappa.value == 1.0 and kappa.high == 1.0
    assert kappa.low == pytest.approx(2 * 0.722467 - 1, abs=1e-5)  # Wilson of 10 in 10, half of it by chance
    assert gwet_ac1(np.diag([5.0, 5])).low == pytest.approx(kappa.low)


def test_what_is_not_defined_says_why() -> None:
    assert cohen_kappa(np.array([[7.0, 0], [0, 0]])).reason == "one_category"
    assert gwet_ac1(np.array([[7.0, 0], [0, 0]])).value == 1.0
    assert gwet_ac1(np.array([[7.0]])).reason == "one_category"
    for nothing in (cohen_kappa(np.zeros((2, 2))), gwet_ac1(np.zeros((2, 2)))):
        assert (nothing.value, nothing.reason, nothing.holds(0.0)) == (None, "no_units", False)
    assert agreement([], [], ["a", "b"]) is None


def agreed(one: str, other: str, weights: list[float] | None = None) -> Agreement:
    found = agreement(one, other, "abc", weights=weights)
    assert found is not None
    return found


def test_beside_kappa_stand_base_rates_and_what_a_constant_answer_would_get() -> None:
    found = agreed("aabbc", "aaabb")
    assert found.base_rates == {"a": pytest.approx(0.6), "b": pytest.approx(0.4), "c": 0.0}
    assert (found.n, found.observed.value, found.constant) == (5, pytest.approx(0.6), pytest.approx(0.6))


def test_equal_weights_change_nothing_and_a_weight_of_two_is_two_units() -> None:
    plain, weighted = agreed("aabbc", "aaabb"), agreed("aabbc", "aaabb", [3.0] * 5)
    assert weighted.kappa == plain.kappa and weighted.effective_n == pytest.approx(5)
    twice = agreed("aabbc", "aaabb", [2.0, 1, 1, 1, 1])
    assert twice.kappa.value == pytest.approx(agreed("aaabbc", "aaaabb").kappa.value)
    assert twice.effective_n == pytest.approx(36 / 8)


def test_weights_undo_a_sample_that_looked_at_the_doubtful() -> None:
    """Half of all pairs are clear (agreed 90 %), half doubtful (agreed 50 %), and a tenth of the clear was labelled."""
    clear, doubtful = [("a", "a")] * 45 + [("a", "b")] * 5, [("a", "a")] * 250 + [("a", "b")] * 250
    one, other = zip(*clear, *doubtful, strict=True)
    found = agreed("".join(one), "".join(other), [10.0] * 50 + [1.0] * 500)
    assert found.observed.value == pytest.approx(0.7)
    assert found.effective_n < 550


def test_a_table_refuses_what_is_no_category() -> None:
    with pytest.raises(KeyError):
        table("ax", "aa", "ab")


def test_weights_of_an_order_end_at_nothing() -> None:
    assert agreement_weights(3, "linear").tolist() == [[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]
    assert agreement_weights(3, "quadratic")[0].tolist() == [1, 0.75, 0]
    assert agreement_weights(1, "quadratic").tolist() == [[1]]


@pytest.mark.skipif(not PANDALM.exists(), reason="needs ../shared/data/judges/pandalm (labels of people)")
def test_pandalms_annotators_give_the_published_kappas() -> None:
    items = json.loads(PANDALM.read_text())
    said = {name: [item[name] for item in items] for name in ("annotator1", "annotator2", "annotator3")}
    pairs = [("annotator1", "annotator2"), ("annotator1", "annotator3"), ("annotator2", "annotator3")]
    kappas = []
    for one, other in pairs:
        found = agreement(said[one], said[other], [0, 1, 2])
        assert found is not None and found.kappa.value is not None
        kappas.append(round(found.kappa.value, 3))
    assert sorted(kappas) == [0.852, 0.862, 0.879]
