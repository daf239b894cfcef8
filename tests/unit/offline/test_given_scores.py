"""Given scores: on our scale, absent with a reason, and under a measure that says who measured."""

import json
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from shadowbench.configuration import read_import_shape_file
from shadowbench.offline.given_scores import Given, given_score, measure_of
from shadowbench.offline.rows import BadRowError
from shadowbench.offline.shape_files import read_shape
from shadowbench.records import Answer, Choice, Observation, Outcome
from shadowbench.scores import PairRef
from shadowbench.store.testing import an_observation
from tests.unit.offline.made import SCORE, a_row, one_file

FAULT = an_observation(outcome=Outcome.UNREACHABLE, answer=None)


def scored(
    row: dict[str, Any],
    ours: Observation | None = None,
    theirs: Observation | None = None,
    **changes: Any,
) -> Given:
    shape = one_file(candidate={"scores": [SCORE | changes]})
    sides = (ours or an_observation(), theirs or an_observation())
    return given_score(shape.candidates[0].scores[0], shape, a_row(**row), *sides)


def test_a_value_comes_onto_our_scale() -> None:
    assert scored({"p": 1.25}).value == 0.25
    assert scored({"p": "2"}).value == 1.0
    assert scored({"p": "tie"}).value == 0.5


def test_a_number_may_stand_for_another() -> None:
    assert scored({"p": 0}, words={0: 1.5}).value == 0.5
    assert scored({"p": "0"}, words={0: 1.5}).value == 0.5


@pytest.mark.parametrize("none", [None, float("nan"), "", -1, "n/a"])
def test_what_means_none_is_absent_and_says_so(none: object) -> None:
    found = scored({"p": none}, absent=[-1, "n/a"])
    assert (found.value, found.reason) == (None, "not_given")


def test_without_an_answer_the_fault_is_the_reason() -> None:
    assert scored({"p": None}, theirs=FAULT).reason == "fault_unreachable"
    assert scored({"p": None}, ours=FAULT).reason == "fault_unreachable"


BLANK = an_observation(answer=Answer(choices=(Choice(text=" \n"),)))


@pytest.mark.parametrize(
    ("sides", "reason"),
    [((None, BLANK), "blank_candidate"), ((BLANK, None), "blank_production"), ((BLANK, BLANK), "no_text")],
)
def test_of_a_blank_answer_the_reason_tells_whose_it_is(sides: tuple[Any, Any], reason: str) -> None:
    assert scored({"p": None}, *sides).reason == reason
    assert scored({"p": 1.25}, *sides).value == 0.25  # somebody looked at it


@pytest.mark.parametrize("sides", [(FAULT, None), (None, FAULT), (FAULT, FAULT)])
def test_a_score_of_an_answer_that_is_not_there_is_not_taken(sides: tuple[Any, Any]) -> None:
    found = scored({"p": 1.5}, *sides)
    assert (found.value, found.reason, found.unfounded) == (None, "fault_unreachable", True)
    assert not scored({"p": None}, *sides).unfounded


def test_of_sides_each_is_taken_by_itself() -> None:
    changes = {"production": "q", "scale": None, "low": 0}
    found = scored({"p": 3, "q": 4}, FAULT, None, **changes)
    assert (found.value, found.production_value, found.unfounded) == (3, None, True)
    found = scored({"p": None, "q": 4}, None, BLANK, **changes)
    assert (found.reason, found.production_value, found.unfounded) == ("no_text", 4, False)


def test_each_side_may_have_a_value_of_its_own() -> None:
    changes = {"production": "q", "scale": None, "low": 0}
    found = scored({"p": 3, "q": 4}, **changes)
    assert (found.value, found.production_value, found.production_reason) == (3, 4, None)
    found = scored({"p": 3, "q": None}, ours=FAULT, **changes)
    assert (found.value, found.reason, found.production_reason) == (3, None, "fault_unreachable")
    assert scored({"p": None, "q": 4}, **changes).reason == "not_given"


@pytest.mark.parametrize(
    ("row", "changes", "why"),
    [
        ({"p": 2.5}, {}, "'p' is from 1 to 2, not 2.5"),
        ({"p": "draw"}, {}, "'p' is a number, not 'draw', nor one of tie"),
        ({"p": -1}, {"scale": None, "low": 0}, "'p' is at least 0, not -1"),
        ({"p": 9}, {"scale": None, "high": 5}, "'p' is at most 5, not 9"),
    ],
)
def test_what_is_no_such_score_is_told(row: dict[str, Any], changes: dict[str, Any], why: str) -> None:
    with pytest.raises(BadRowError, match=why):
        scored(row, **changes)


def test_rows_of_other_judges_are_of_other_measures() -> None:
    shape = one_file(candidate={"scores": [SCORE | {"about": {"judge": "by"}}]})
    score = shape.candidates[0].scores[0]
    ann, bob, ann_too = (measure_of(score, shape, a_row(number, by=by)) for number, by in enumerate(("a", "b", "a")))
    assert ann == ann_too
    assert ann.config_hash != bob.config_hash
    assert json.loads(ann.about)["about"] == {"judge": "a"}
    assert (ann.name, ann.kind, ann.low, ann.high) == ("won", "judge", 0.0, 1.0)


def test_details_are_kept_where_the_row_has_them() -> None:
    detail = {"first": "first", "cost": "usd"}
    assert json.loads(scored({"first": False}, detail=detail).detail or "") == {"first": False}
    assert scored({}, detail=detail).detail is None


@pytest.mark.parametrize(
    ("preference", "value", "reason"),
    [(1, 0.0, None), (1.25, 0.25, None), (2, 1.0, None), (0, 0.5, None), (None, None, "not_given")],
)
def test_preferences_of_alpaca_eval_are_read_as_its_leaderboard_does(
    preference: float | None, value: float | None, reason: str | None
) -> None:
    shape = read_shape(read_import_shape_file("alpaca_eval", "--shape"))
    (score,) = shape.candidates[0].scores
    found = given_score(score, shape, a_row(preference=preference), an_observation(), an_observation())
    assert (found.value, found.reason) == (value, reason)


def test_a_score_finds_its_pair() -> None:
    assert scored({"p": 2}).of(PairRef(4, 2), 9)[:5] == (4, 2, 9, 1.0, None)


@drawn(st.floats(1, 2))
def test_every_preference_is_a_share(p: float) -> None:
    assert scored({"p": p}).value == pytest.approx(p - 1, abs=1e-12)
