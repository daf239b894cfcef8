"""What is frozen, what a run says, and when it alarms."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.scores import Measure, PairRef, Score, Shape
from shadowbench.scoring.calibration.canary import (
    drifts,
    due,
    frozen_scores,
    frozen_words,
    measure_of,
    outcome,
    sample,
    word_of,
)
from shadowbench.scoring.calibration.people import words
from shadowbench.store.scoring import Canary, CanaryRun
from shadowbench.store.testing import a_measure
from tests.unit.scoring.calibration.judged import C, P, label

PAIR = a_measure("j", kind="judge", shape=Shape.PAIR, low=0.0, high=1.0)
SIDES = a_measure("r", kind="judge", shape=Shape.SIDES, low=0.0, high=1.0)
SET = [
    Canary(pair=PairRef(n, 1), expected="candidate" if n % 2 else "production", source="human") for n in range(1, 41)
]


def run(wrong: int = 0, silent: int = 0, before: tuple[CanaryRun, ...] = (), now: float = 1.0) -> CanaryRun:
    """A judge that errs on the first so many pairs and says nothing about the last so many."""
    other = {"candidate": "production", "production": "candidate"}
    said = {each.pair: other[each.expected] if each.pair.number <= wrong else each.expected for each in SET}
    for each in SET[len(SET) - silent :]:
        del said[each.pair]
    return outcome("gold", PAIR, 7, SET, said, before, now=now)


def test_a_judge_that_still_says_the_same_has_not_drifted() -> None:
    first = run(wrong=4)
    assert (first.drifted, first.items, first.answered, first.measure) == (False, 40, 40, 7)
    assert first.kappa == pytest.approx(0.8) and first.agreement == pytest.approx(0.9)
    assert run(wrong=5, before=(first,)).drifted is False


def test_one_whose_kappa_leaves_the_first_runs_interval_has() -> None:
    first = run(wrong=2)
    assert first.low is not None and first.low > 0.5
    found = run(wrong=15, before=(first,), now=2.0)
    assert found.drifted and json.loads(found.detail)["first_run_at"] == 1.0
    assert json.loads(found.detail)["changed"][:2] == [[1, 1], [2, 1]]


def test_the_measure_is_the_first_run_and_not_the_last() -> None:
    """A judge that slips a little each time is not measured by its last slip."""
    first, slipped = run(wrong=1), run(wrong=10, now=2.0)
    assert run(wrong=11, before=(slipped, first), now=3.0).drifted
    assert not run(wrong=11, before=(slipped,), now=3.0).drifted


def test_a_first_run_without_error_leaves_room_for_chance() -> None:
    first = run()
    assert first.kappa == 1.0 and not run(wrong=1, before=(first,)).drifted
    assert run(wrong=8, before=(first,)).drifted


def test_some_pairs_without_an_answer_are_counted_and_not_held_against_it() -> None:
    first = run()
    found = run(silent=2, before=(first,))
    assert (found.items, found.answered, found.drifted, found.kappa) == (40, 38, False, 1.0)
    assert json.loads(found.detail)["unanswered"][-1] == [40, 1]


@pytest.mark.parametrize("silent", [10, 20, 38, 39, 40])
def test_one_that_stops_to_answer_has_drifted_whatever_its_other_answers_are(silent: int) -> None:
    found = run(silent=silent, before=(run(),), now=2.0)
    detail = json.loads(found.detail)
    assert found.drifted and detail["drifted"] == ["answers"] and detail["first_run_answered"] == 40


def test_more_answers_than_in_the_first_run_are_no_drift() -> None:
    assert not run(before=(run(silent=15),)).drifted
    assert run(silent=21, before=(run(silent=19),)).drifted  # most of the set: no pass, close as it may be to the first


@pytest.mark.parametrize(
    ("items", "answered", "is_one"), [(58, 2, 0), (58, 28, 0), (58, 29, 1), (12, 9, 0), (4, 4, 1), (4, 3, 0)]
)
def test_a_run_with_too_few_answers_is_no_measure_of_later_ones(items: int, answered: int, is_one: int) -> None:
    thin = replace(run(), items=items, answered=answered)
    assert (measure_of([thin]) is thin) is bool(is_one)
    later = replace(run(), ran_at=3.0)
    assert measure_of([later, thin]) is (thin if is_one else later)


def test_what_follows_a_run_that_is_no_measure_is_not_measured_by_it() -> None:
    found = run(wrong=20, before=(run(silent=38),), now=2.0)
    assert not found.drifted and json.loads(found.detail)["first_run_at"] is None


def test_where_kappa_is_blind_agreement_tells() -> None:
    one = [replace(each, expected="candidate") for each in SET]
    said = {each.pair: "candidate" for each in one}
    first = outcome("gold", PAIR, 7, one, said, (), now=1.0)
    assert (first.kappa, first.agreement) == (None, 1.0)
    assert json.loads(first.detail)["kappa_reason"] == "one_category"
    half = {pair: "candidate" if pair.number % 2 else "tie" for pair in said}
    assert outcome("gold", PAIR, 7, one, half, [first], now=2.0).drifted
    assert not outcome("gold", PAIR, 7, one, said, [first], now=2.0).drifted
    assert drifts(first, 40, 40, None, 0.5) == ("agreement",)
    assert not drifts(replace(first, agreement=None), 40, 40, None, 0.5)


def test_peoples_words_are_frozen_as_they_are_and_ratings_in_the_judges_range() -> None:
    found = frozen_words(words([label(1, C), label(2, P)]), None)
    assert [(each.pair.number, each.expected, each.source) for each in found] == [
        (1, "candidate", "human"), (2, "production", "human"),
    ]  # fmt: skip
    rated = words([label(3, question="tone", value=4.0)], "tone")
    assert [each.expected for each in frozen_words(rated, SIDES)] == ["0.75"]
    assert frozen_words(rated, None) == []


def test_a_judges_word_is_a_preference_or_the_candidates_value() -> None:
    assert [each.expected for each in frozen_scores(PAIR, [Score(1, 1, 1, 0.75, None), Score(2, 1, 1, None, "x")])] == [
        "candidate"
    ]
    assert [each.expected for each in frozen_scores(SIDES, [Score(1, 1, 1, 0.75, None, 0.5, None)])] == ["0.75"]
    assert word_of(SIDES, Score(1, 1, 1, 0.75, None, 0.5, None), as_number=False) == "candidate"


def test_numbers_are_compared_as_grades() -> None:
    measure: Measure = SIDES
    grades = [Canary(pair=PairRef(n, 1), expected=repr((n % 5) / 4), source="judge") for n in range(1, 31)]
    same = outcome("g", measure, 1, grades, {each.pair: each.expected for each in grades}, (), now=1.0)
    near = outcome(
        "g", measure, 1, grades, {e.pair: repr(min(1.0, float(e.expected) + 0.25)) for e in grades}, (), now=1.0
    )
    far = outcome("g", measure, 1, grades, {e.pair: repr(1 - float(e.expected)) for e in grades}, (), now=1.0)
    assert same.kappa == 1.0 and near.kappa is not None and far.kappa is not None
    assert far.kappa < 0 < 0.7 < near.kappa < 1
    assert outcome("g", measure, 1, grades, {e.pair: "7.5" for e in grades}, (), now=1.0).answered == 30


def test_a_sample_is_drawn_by_lot_and_stays_in_the_logs_order() -> None:
    drawn = sample("gold", SET, 10)
    assert len(drawn) == 10 and list(drawn) == sorted(drawn, key=lambda each: each.pair)
    assert sample("gold", list(reversed(SET)), 10) == drawn != sample("silver", SET, 10)
    assert sample("gold", SET, 99) == SET


@given(st.lists(st.floats(0, 1e6)), st.floats(0, 1e6), st.floats(1, 1e5))
def test_a_set_is_due_when_its_last_run_is_long_ago(times: list[float], now: float, every_s: float) -> None:
    runs = [replace(run(), ran_at=at) for at in times]
    assert due(now, runs, every_s) == (not times or now - max(times) >= every_s)
