import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.structure.json_fields import Likeness, json_diff, sameness
from tests.compared import alike


def diff(left: Any, right: Any, **given: Any) -> float | str:
    return alike(json_diff, json.dumps(left), json.dumps(right), **given)


def test_f1_of_the_fields_in_common() -> None:
    assert diff({"a": 1, "b": {"c": "x", "d": None}}, {"a": 1, "b": {"c": "y", "d": None}}) == pytest.approx(2 / 3)
    assert diff({"a": 1}, {"a": 1, "b": 2}) == pytest.approx(2 / 3)  # precision 1, recall 1/2
    assert diff({"a": 1}, {"b": 1}) == 0


def test_the_order_of_members_does_not_count_and_that_of_elements_does() -> None:
    assert diff({"a": 1, "b": 2}, {"b": 2, "a": 1}) == 1
    assert diff([1, 2, 3], [3, 2, 1]) == pytest.approx(1 / 3)
    assert diff([1, 2, 2], [2, 1, 3], unordered=True) == pytest.approx(2 / 3)


def test_objects_in_a_list_may_be_told_by_a_key() -> None:
    left = [{"id": 1, "n": "a"}, {"id": 2, "n": "b"}]
    assert diff(left, left[::-1]) == 0
    assert diff(left, left[::-1], key="id") == 1
    assert diff(left, [{"id": 2, "n": "x"}, {"id": 1, "n": "a"}], key="id") == pytest.approx(3 / 4)
    # Without order alone, names and numbers are matched by themselves, whatever object they stood in.
    assert (
        diff([{"id": 1, "n": "a"}, {"id": 2, "n": "b"}], [{"id": 1, "n": "b"}, {"id": 2, "n": "a"}], unordered=True)
        == 1
    )


def test_numbers_may_differ_by_a_tolerance() -> None:
    assert diff({"a": 1.0}, {"a": 1}) == 1
    assert diff({"a": 100}, {"a": 101}) == 0
    assert diff({"a": 100}, {"a": 101}, relative=0.01) == 1
    assert diff({"a": 0}, {"a": 0.5}, absolute=0.5) == 1
    assert diff([1, 5, "x", True], [5.1, 1.1, "x", True], unordered=True, absolute=0.2) == 1
    assert diff([1, True], [1, False], absolute=0.2) == 0.5
    assert diff([1, 5, 9], [20, 5.1, 3, 9.1], unordered=True, absolute=0.2) == pytest.approx(4 / 7)
    with pytest.raises(ConfigurationError, match="0 or above"):
        json_diff[0].options({"relative": -1})


def test_values_of_other_types_are_others() -> None:
    assert diff({"a": 1}, {"a": True}) == 0
    assert diff({"a": 0}, {"a": None}) == 0
    assert diff({"a": []}, {"a": {}}) == 0
    assert diff({"a": []}, {"a": []}) == 1
    assert diff({"a": "1"}, {"a": 1}) == 0
    assert diff({"0": 1}, [1]) == 0
    assert diff({"": 1}, {"": 1}) == 1


def test_there_must_be_json_to_compare_with() -> None:
    assert alike(json_diff, "{}", "none") == "target_not_json"
    assert alike(json_diff, "none", "{}") == 0
    assert alike(json_diff, "```json\n{}\n```", "{}") == 0
    assert alike(json_diff, "```json\n{}\n```", "{}", fenced=True) == 1
    assert alike(json_diff, "1" * 100_001, "{}") == "too_long"


def test_deep_and_wide_values_are_compared() -> None:
    deep = "[" * 900 + "1," * 40_000 + "1" + "]" * 900
    assert alike(json_diff, deep, deep) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "1"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "id"]), inner, max_size=3),
    max_leaves=12,
)
LIKENESS = st.builds(
    Likeness, relative=st.sampled_from([0.0, 0.1]), unordered=st.booleans(), key=st.sampled_from([None, "id"])
)


@given(JSON, JSON, LIKENESS)
def test_it_is_a_share_and_the_same_from_both_sides(left: Any, right: Any, likeness: Likeness) -> None:
    said = sameness(left, right, likeness)
    assert 0 <= said <= 1
    assert said == sameness(right, left, likeness)
    assert sameness(left, left, likeness) == 1


@given(JSON, JSON)
def test_only_what_is_the_same_json_has_all_fields_in_common(left: Any, right: Any) -> None:
    # Python's == takes True for 1; JSON text does not.
    same = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
    assert (sameness(left, right, Likeness()) == 1) == same


@given(st.lists(JSON, max_size=5), st.randoms())
def test_without_order_a_shuffled_list_is_the_same(values: list[Any], chance: Any) -> None:
    shuffled = chance.sample(values, len(values))
    assert sameness(values, shuffled, Likeness(unordered=True)) == 1
