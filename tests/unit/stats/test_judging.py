"""What both orders tell about a judge, and what they must tell about judges of known habits."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import binomtest

from shadowbench.scores import Preferred
from shadowbench.stats.judging import BothOrders, position_bias, share
from shadowbench.stats.proportions import sign_test, wilson

LLMBAR = Path(__file__).parents[4] / "shared" / "data" / "judges" / "llmbar_decisions.jsonl"
P, C, TIE = Preferred.PRODUCTION, Preferred.CANDIDATE, Preferred.TIE
VERDICTS = st.lists(st.builds(BothOrders, st.sampled_from(Preferred), st.sampled_from(Preferred)), max_size=40)
FIRST = BothOrders(P, C)
SECOND = BothOrders(C, P)


def test_a_judge_that_always_names_the_first_wins_half_is_never_consistent_and_leans() -> None:
    found = position_bias([FIRST] * 40)
    assert sum(each.points for each in [FIRST] * 40) / 40 == 0.5
    assert found.consistency.value == 0.0
    assert (found.first_first, found.second_second, found.first_picks) == (40, 0, 1.0)
    assert found.leans()


def test_one_that_always_names_the_second_leans_as_well() -> None:
    found = position_bias([SECOND] * 40)
    assert (found.consistency.value, found.first_picks, found.leans()) == (0.0, 0.0, True)


def test_one_that_looks_at_the_answers_is_consistent_and_does_not_lean() -> None:
    found = position_bias([BothOrders(C, C)] * 15 + [BothOrders(P, P)] * 5 + [BothOrders(TIE, TIE)] * 3)
    assert (found.consistency.value, found.half, found.p, found.leans()) == (1.0, 0, None, False)
    assert found.first_picks == 0.5


def test_noise_that_goes_both_ways_is_no_bias() -> None:
    found = position_bias([FIRST] * 9 + [SECOND] * 7 + [BothOrders(TIE, C)] * 4)
    assert found.p == approx(sign_test(9, 7)) and not found.leans()
    assert (found.half, found.consistency.value) == (4, 0.0)


def test_points_and_preference_of_both_orders() -> None:
    points = {each: BothOrders(*each).points for each in [(P, P), (P, TIE), (P, C), (TIE, C), (C, C)]}
    assert list(points.values()) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert [BothOrders(*each).preferred for each in [(P, P), (P, TIE), (P, C), (C, C)]] == [P, TIE, TIE, C]


def test_nothing_judged_is_absent_not_zero() -> None:
    found = position_bias([])
    assert (found.consistency.value, found.consistency.reason, found.p, found.first_picks) == (
        None,
        "no_units",
        None,
        None,
    )
    assert share(0, 7).value == 0.0 and (share(3, 7).low, share(3, 7).high) == wilson(3, 7)


@given(VERDICTS)
def test_every_pair_is_counted_once(verdicts: list[BothOrders]) -> None:
    found = position_bias(verdicts)
    consistent = round((found.consistency.value or 0) * found.pairs)
    assert consistent + found.first_first + found.second_second + found.half == len(verdicts)


@given(VERDICTS)
def test_what_the_sides_are_called_changes_no_bias(verdicts: list[BothOrders]) -> None:
    """Swap the names of production and candidate: the judge saw the same pages in the other order."""
    other = {P: C, C: P, TIE: TIE}
    swapped = [BothOrders(other[each.candidate_first], other[each.production_first]) for each in verdicts]
    assert position_bias(swapped) == position_bias(verdicts)
    assert [each.points for each in swapped] == [1 - each.points for each in verdicts]


@pytest.mark.skipif(not LLMBAR.exists(), reason="needs ../shared/data/judges (recorded decisions)")
def test_recorded_judges_have_the_bias_that_the_raw_file_tells() -> None:
    """Winners are told as answers, 1 or 2, in both orders; with the orders swapped, answer 1 stands second."""
    judges: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for line in LLMBAR.read_text().splitlines():
        row = json.loads(line)
        picks = (row["winner_order1"], row["winner_order2"])
        if set(picks) <= {"1", "2"}:
            judges.setdefault((row["judge"], row["strategy"]), []).append(picks)
    assert len(judges) > 5
    for picks in judges.values():
        found = position_bias([BothOrders(*(P if pick == "1" else C for pick in both)) for both in picks])
        first_first, second_second = picks.count(("1", "2")), picks.count(("2", "1"))
        assert (found.first_first, found.second_second) == (first_first, second_second)
        assert found.consistency.value == approx(sum(a == b for a, b in picks) / len(picks))
        if first_first + second_second:
            assert found.p == approx(binomtest(first_first, first_first + second_second).pvalue)
