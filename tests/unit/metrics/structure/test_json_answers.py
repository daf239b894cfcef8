import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.agreement import agreement
from shadowbench.metrics.structure.json_answers import json_schema, json_valid
from tests.compared import pair, value

AGE = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
ASKED = {"response_format": {"type": "json_schema", "json_schema": {"name": "age", "schema": AGE}}}
FENCED = '```json\n{"age": 3}\n```'


def side(text: str, request: Any = None) -> Any:
    return pair("", text, request=request).candidate


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('{"a": [1, null]}', 1),
        (" 3 \n", 1),
        ("{'a': 1}", 0),
        ('{"a": 1} and more', 0),
        ('{"a": NaN}', 0),
        ('{"a": 1', 0),
        (FENCED, 0),
        ("[" * 100_000, 0),
        ('"\ud800"', 0),
        ('"\\ud800"', 0),  # no character: RFC 8259 §8.2 calls what readers make of it unpredictable
    ],
)
def test_the_whole_answer_is_json_or_it_is_not(text: str, valid: int) -> None:
    assert value(json_valid, side(text)) == valid


def test_a_certain_kind_of_json_may_be_wanted() -> None:
    assert value(json_valid, side("3"), kind="object") == 0
    assert value(json_valid, side("{}"), kind="object") == 1
    assert value(json_valid, side("{}"), kind="array") == 0


def test_a_fence_around_it_counts_unless_told() -> None:
    assert value(json_valid, side(FENCED), fenced=True) == 1
    assert value(json_valid, side('{"age": 3}'), fenced=True) == 1
    assert value(json_valid, side("```\nno\n```"), fenced=True) == 0


def test_requests_that_ask_for_no_json_may_be_left_out() -> None:
    assert value(json_valid, side("Hello"), only_asked=True) == "json_not_asked"
    assert value(json_valid, side("Hello", {"messages": []}), only_asked=True) == "json_not_asked"
    assert value(json_valid, side("Hello", ASKED), only_asked=True) == 0


def test_both_valid_or_both_not_agree() -> None:
    assert value(agreement(json_valid), pair("{}", "[1]")) == 1
    assert value(agreement(json_valid), pair("a", "b")) == 1
    assert value(agreement(json_valid), pair("{}", "b")) == 0


def test_the_schema_is_the_one_the_request_asks_for() -> None:
    assert value(json_schema, side('{"age": 3}', ASKED)) == 1
    assert value(json_schema, side('{"age": "3"}', ASKED)) == 0
    assert value(json_schema, side("three", ASKED)) == 0
    assert value(json_schema, side(FENCED, ASKED)) == 0
    assert value(json_schema, side(FENCED, ASKED), fenced=True) == 1


def test_the_schema_of_the_configuration_comes_first() -> None:
    assert value(json_schema, side("[]", ASKED), schema={"type": "array"}) == 1
    assert value(json_schema, side("[]"), schema={"type": "array"}) == 1
    assert value(json_schema, side("3"), schema={}) == 1


def test_without_a_schema_that_can_be_used_there_is_no_value() -> None:
    assert value(json_schema, side("{}")) == "no_schema"
    assert value(json_schema, side("{}", {"response_format": {"type": "json_object"}})) == "no_schema"
    remote = {"response_format": {"type": "json_schema", "json_schema": {"schema": {"$ref": "http://127.0.0.1:9/"}}}}
    assert value(json_schema, side("{}", remote)) == "bad_schema"
    assert value(agreement(json_schema), pair("{}", "{}")) == "no_schema"


def test_a_schema_that_cannot_be_used_is_refused_in_the_configuration() -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        json_schema.options({"schema": {"type": "nope"}})
    assert json_schema.options({}) == {"schema": None, "fenced": False}


@given(st.text())
def test_what_pythons_own_reader_takes_is_json(text: str) -> None:
    assert value(json_valid, side(json.dumps(text))) == 1
    try:
        json.loads(text, parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError):
        assert value(json_valid, side(text)) == 0
