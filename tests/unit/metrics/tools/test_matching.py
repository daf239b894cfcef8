"""Do both sides call the same?"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.tools import parallel_call_count, tool_args_match, tool_call_match, tool_name_f1
from shadowbench.records import Choice
from tests.compared import value
from tests.paired import ASKED, WITH_TOOLS, calling, paired, side

RIGA, OSLO = ("weather", {"city": "Riga"}), ("weather", {"city": "Oslo"})
NOW = ("now", {})
PAIRED = (tool_name_f1, tool_call_match, tool_args_match)


@pytest.mark.parametrize(
    ("production", "candidate", "matching"),
    [
        ([RIGA, OSLO], [RIGA, OSLO], {"ordered", "unordered", "subset", "superset"}),
        ([RIGA, OSLO], [OSLO, RIGA], {"unordered", "subset", "superset"}),
        ([RIGA, OSLO], [OSLO], {"subset"}),
        ([RIGA], [RIGA, OSLO], {"superset"}),
        ([RIGA], [OSLO], set()),
        ([RIGA, RIGA], [RIGA], {"subset"}),
        ([RIGA], [], {"subset"}),
        ([], [RIGA], {"superset"}),
    ],
)
def test_calls_match_by_mode(production: list[Any], candidate: list[Any], matching: set[str]) -> None:
    pair = paired(calling(*production), calling(*candidate), WITH_TOOLS)
    modes = ("ordered", "unordered", "subset", "superset")
    assert {mode for mode in modes if value(tool_call_match, pair, mode=mode) == 1} == matching
    assert value(tool_call_match, pair) == ("unordered" in matching)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}', True),
        ('{"a": 1}', '{"a": 1.0}', True),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', False),
        ('{"a": "1"}', '{"a": 1}', False),
        ('{"a": true}', '{"a": 1}', False),
        ('{"a": null}', "{}", False),
        ("", "{}", True),
        ('"Zo\\u00eb"', '"Zoë"', True),
        ("{not json", "{not json", True),
        ("{not json", "{nor this", False),
        (' {"a": 9007199254740993}', '{"a": 9007199254740992}', False),
    ],
)
def test_arguments_are_the_same_as_json_values(one: str, other: str, same: bool) -> None:
    pair = paired(calling(("f", one)), calling(("f", other)))
    assert value(tool_call_match, pair) == same


def test_names_alone_are_compared_as_often_as_they_are_called() -> None:
    assert value(tool_name_f1, paired(calling(RIGA, NOW), calling(OSLO, NOW))) == 1
    assert value(tool_name_f1, paired(calling(RIGA, OSLO), calling(RIGA))) == pytest.approx(2 / 3)
    assert value(tool_name_f1, paired(calling(RIGA), calling(NOW))) == 0


@pytest.mark.parametrize("metric", PAIRED, ids=lambda each: each.name)
def test_that_both_call_nothing_is_agreement_only_where_they_could_have_called(metric: Any) -> None:
    assert value(metric, paired("yes", "no", WITH_TOOLS)) == 1
    assert value(metric, paired("yes", "no", ASKED)) == "no_tools"
    assert value(metric, paired("yes", "no", None)) == "no_request"
    assert value(metric, paired("yes", calling(RIGA), WITH_TOOLS)) == 0
    assert value(metric, paired("yes", calling(RIGA), None)) == 0


def test_arguments_are_compared_leaf_by_leaf() -> None:
    def match(one: Any, other: Any, **options: Any) -> Any:
        return value(tool_args_match, paired(calling(("f", one)), calling(("f", other))), **options)

    assert match({"a": 1, "b": {"c": [1, 2]}}, {"b": {"c": [1, 2]}, "a": 1}) == 1
    assert match({"a": 1, "b": 2}, {"a": 1, "b": 3}) == 0.5
    assert match({"a": 1, "b": 2}, {"a": 1}) == pytest.approx(2 / 3)
    assert match({"a": []}, {"a": {}}) == 0
    assert match({}, {}) == 1
    assert match({"a": 1.0}, {"a": 1.05}) == 0
    assert match({"a": 1.0}, {"a": 1.05}, tolerance=0.1) == 1
    assert match({"a": True}, {"a": 1}, tolerance=0.1) == 0
    assert match("{no", "{no") == 1
    assert match("{no", {"a": 1}) == 0


def test_calls_of_one_tool_are_paired_so_that_they_are_most_alike() -> None:
    pair = paired(calling(RIGA, OSLO), calling(OSLO, RIGA))
    assert value(tool_args_match, pair) == 1
    three = paired(calling(RIGA, OSLO), calling(OSLO, ("weather", {"city": "Riga", "days": 2}), NOW))
    assert value(tool_args_match, three) == pytest.approx(2 * (1 + 2 / 3) / 5)


def test_so_many_calls_that_they_cannot_be_assigned_are_taken_in_their_order() -> None:
    many = [("f", {"n": number}) for number in range(500)]
    assert value(tool_args_match, paired(calling(*many), calling(*many))) == 1
    assert value(tool_args_match, paired(calling(*many), calling(*reversed(many)))) == 0


def test_what_the_provider_runs_itself_is_no_call_of_the_client_s() -> None:
    pair = paired(calling(("web_search", "{}"), kind="server"), "It is 12 °C.", WITH_TOOLS)
    assert value(tool_call_match, pair) == 1


def test_calls_of_an_answer_are_counted() -> None:
    assert value(parallel_call_count, side(calling(RIGA, NOW), WITH_TOOLS)) == 2
    assert value(parallel_call_count, side("none", WITH_TOOLS)) == 0
    assert value(parallel_call_count, side("none", ASKED)) == "no_tools"
    assert value(parallel_call_count, side(calling(NOW), None)) == 1


@pytest.mark.parametrize("depth", [300, 5000])
def test_arguments_nested_beyond_measure_are_text(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    pair = paired(calling(("f", deep)), calling(("f", deep)))
    assert [value(metric, pair) for metric in PAIRED] == [1, 1, 1]


_ARGUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
_ANSWERS = st.lists(st.tuples(st.sampled_from(["f", "g"]), _ARGUMENTS), max_size=4).map(lambda calls: calling(*calls))


@given(_ANSWERS, _ANSWERS)
def test_agreement_is_symmetric_in_range_and_full_of_oneself(one: Choice, other: Choice) -> None:
    pair, turned = paired(one, other, WITH_TOOLS), paired(other, one, WITH_TOOLS)
    for metric in PAIRED:
        said = value(metric, pair)
        assert isinstance(said, float)
        assert 0 <= said <= 1
        assert said == pytest.approx(value(metric, turned))
        assert value(metric, paired(one, one, WITH_TOOLS)) == pytest.approx(1)
    names, arguments = value(tool_name_f1, pair), value(tool_args_match, pair)
    assert isinstance(names, float)
    assert isinstance(arguments, float)
    assert arguments <= names + 1e-9
    if value(tool_call_match, pair) == 1:
        assert arguments == pytest.approx(1)
