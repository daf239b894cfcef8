import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.schemas import SchemaError, check_schema, is_valid

PERSON = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


def test_a_value_is_valid_or_not() -> None:
    assert is_valid({"age": 3}, PERSON)
    assert is_valid({"age": 3.0}, PERSON)  # JSON knows one kind of number (JSON Schema Core §4.2.3)
    assert not is_valid({"age": "3"}, PERSON)
    assert not is_valid({}, PERSON)


def test_formats_are_not_looked_at() -> None:
    assert is_valid("no date", {"type": "string", "format": "date"})


def test_definitions_within_the_schema_are_found() -> None:
    tree = {"$ref": "#/$defs/t", "$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}}
    assert is_valid([[], [[]]], tree)
    assert not is_valid([[], [1]], tree)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$ref": "http://127.0.0.1:9/x"}, "nothing is fetched"),
        ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
        ({"$ref": "#/$defs/none"}, "does not exist"),
        ({"type": "nope"}, "not valid under"),
        ({"pattern": "("}, "not a"),
        ({"const": {1, 2}}, "not JSON"),
        ([1], "not of types"),
    ],
)
def test_what_is_no_schema_says_why(schema: Any, why: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(why)):
        check_schema(schema)
    with pytest.raises(SchemaError):
        is_valid(1, schema)


def test_a_pattern_that_backtracks_for_ever_does_not_match() -> None:
    assert not is_valid("a" * 60 + "x" * 60, {"pattern": "^(?=(a|aa)+)(?:(a|aa)+)+\\1b$"})


def test_a_lone_surrogate_is_no_valid_string() -> None:
    assert not is_valid("\ud800", {"minLength": 1})


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_any_value_is_valid_where_anything_is(anything: Any) -> None:
    assert is_valid(anything, {})
    assert not is_valid(anything, False)
