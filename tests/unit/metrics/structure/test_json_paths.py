import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.structure.json_paths import json_path_equals, json_path_equals_agreement, steps_of
from tests.compared import pair, value

ORDER = '{"order": {"items": [{"unit price": 3.5}, {"unit price": 4}], "n": null, "paid": true}}'


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("$", ()),
        ("$.a.b1", ("a", "b1")),
        ("$['a b'][0][-1]", ("a b", 0, -1)),
        ('$["it\'s"].größe', ("it's", "größe")),
        ("$['it\\'s']", ("it's",)),
    ],
)
def test_a_path_is_names_and_indexes(path: str, steps: tuple[str | int, ...]) -> None:
    assert steps_of(path) == steps


@pytest.mark.parametrize(
    "path", ["", "a.b", "$.", "$a", "$[*]", "$..a", "$[01]", "$[-0]", "$['a", "$.a[", "$.1a", "$[0:2]"]
)
def test_what_may_mean_several_places_or_none_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="names and indexes"):
        json_path_equals.options({"path": path, "equals": 1})


@pytest.mark.parametrize(
    ("path", "equals", "expected"),
    [
        ("$.order.items[0]['unit price']", 3.5, 1),
        ("$.order.items[-1]", {"unit price": 4.0}, 1),
        ("$.order.items[2]", None, 0),
        ("$.order.items[-3]", None, 0),
        ("$.order.n", None, 1),
        ("$.order.none", None, 0),
        ("$.order.paid", 1, 0),
        ("$.order.paid", True, 1),
        ("$.order[0]", None, 0),
        ("$.order.items.length", 2, 0),
    ],
)
def test_what_stands_there_is_what_is_expected_or_not(path: str, equals: object, expected: int) -> None:
    assert value(json_path_equals, pair("", ORDER).candidate, path=path, equals=equals) == expected


def test_numbers_may_differ_by_a_tolerance_and_a_fence_may_be_allowed() -> None:
    side = pair("", "```\n[100]\n```").candidate
    assert value(json_path_equals, side, path="$[0]", equals=100) == 0
    assert value(json_path_equals, side, path="$[0]", equals=100, fenced=True) == 1
    assert value(json_path_equals, side, path="$[0]", equals=101, fenced=True) == 0
    assert value(json_path_equals, side, path="$[0]", equals=101, fenced=True, relative=0.01) == 1


def test_both_answers_agree_at_a_place_whatever_stands_there() -> None:
    def agree(production: str, candidate: str) -> float | str:
        return value(json_path_equals_agreement, pair(production, candidate), path="$.a")

    assert agree('{"a": [1]}', '{"a": [1.0], "b": 2}') == 1
    assert agree('{"a": 1}', '{"a": 2}') == 0
    assert agree('{"a": null}', '{"b": 2}') == 0
    assert agree('{"a": 1}', "no JSON") == 0
    assert agree('{"b": 1}', "no JSON") == "no_value"
