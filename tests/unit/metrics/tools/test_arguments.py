from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.tools.arguments import MOST_ASSIGNED, leaf_f1, likeness
from shadowbench.metrics.tools.calls import Call, calls_of
from tests.paired import calling, side


def calls(*arguments: Any) -> list[Call]:
    return list(calls_of(side(calling(*(("f", each) for each in arguments)))))


def f1(one: Any, other: Any, tolerance: float = 0.0) -> float:
    return leaf_f1(*calls(one, other), tolerance)


def test_leaves_are_the_same_at_the_same_place() -> None:
    assert f1({"a": {"b": 1}, "c": [2, 3]}, {"a": {"b": 1}, "c": [2, 4]}) == pytest.approx(4 / 6)
    assert f1({"a": [1, 2]}, {"a": [2, 1]}) == 0
    assert f1({"a": {"b": 1}}, {"a.b": 1}) == 0
    assert f1({"1": "x"}, ["x", "x"]) == 0


def test_what_is_empty_within_something_is_a_leaf_and_as_a_whole_is_none() -> None:
    assert f1({"a": [], "b": 1}, {"a": [], "b": 2}) == 0.5
    assert f1({}, {"a": 1}) == 0
    assert f1({}, []) == 1


@pytest.mark.parametrize(
    ("one", "other", "tolerance", "same"),
    [
        (100, 101, 0.01, 1),
        (100, 102, 0.01, 0),
        (0, 0.005, 0.01, 1),
        (1, 1.0, 0.0, 1),
        ("1", 1, 1.0, 0),
        (True, 1, 1.0, 0),
    ],
)
def test_numbers_may_differ_by_the_tolerance(one: Any, other: Any, tolerance: float, same: int) -> None:
    assert f1({"n": one}, {"n": other}, tolerance) == same


def test_the_best_of_all_ways_to_pair_calls_is_taken() -> None:
    """Each taking the one it is most like, in order, would give 1 + 0."""
    ours, theirs = calls({"a": 1, "b": 1}, {"a": 1, "b": 2}), calls({"a": 1, "b": 1}, {"a": 9, "b": 1})
    assert likeness(ours, theirs, 0.0) == pytest.approx(0.5 + 0.5)
    greedy_fails = calls({"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 2})
    others = calls({"a": 1, "b": 1, "c": 2}, {"a": 1, "b": 5, "c": 1})
    assert likeness(greedy_fails, others, 0.0) == pytest.approx(1 + 2 / 3)


def test_more_calls_than_can_be_assigned_are_paired_in_their_order() -> None:
    many = calls(*({"n": number} for number in range(MOST_ASSIGNED + 1)))
    assert likeness(many, many, 0.0) == len(many)
    assert likeness(many, many[::-1], 0.0) == 1  # the one in the middle


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
)
def test_f1_is_that_of_the_sets_of_members(one: dict[str, int], other: dict[str, int]) -> None:
    both = len(one) + len(other)
    assert f1(one, other) == pytest.approx(2 * len(one.items() & other.items()) / both if both else 1)
