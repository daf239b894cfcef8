from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.judges.strict_json import MAX_STARTS, object_of, objects_in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_an_object_is_read_as_it_was_written(members: dict[str, object]) -> None:
    assert object_of(f" \n{json.dumps(members)}\t") == members


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"b": {"a": 1, "a": 2}}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1e999}',
        '{"a": 1} {"b": 2}',
        '{"a": 1}.',
        '{"a": 1',
        '[{"a": 1}]',
        '"{}"',
        "",
        '{"a":' * 100_000,
        '{"a": ' + "9" * 10_000 + "}",
    ],
)
def test_what_is_no_single_sound_object_is_none(text: str) -> None:
    assert object_of(text) is None


def test_line_breaks_within_strings_are_let_pass() -> None:
    assert object_of('{"a": "one\ntwo"}') == {"a": "one\ntwo"}


def test_outermost_objects_are_found_between_words() -> None:
    text = 'see {"a": {"b": 1}} and {} but not {this} nor {"c": '
    assert [found.members for found in objects_in(text)] == [{"a": {"b": 1}}, {}, None]


def test_where_an_object_is_broken_the_search_goes_on_behind_its_brace() -> None:
    assert [found.members for found in objects_in('{"a": "x" "b": {"c": 1}}')] == [None, {"c": 1}]


def test_a_text_made_to_be_slow_is_given_up() -> None:
    assert len(list(objects_in('{"a":' * 5_000))) == MAX_STARTS


@settings(deadline=None)
@given(st.text())
def test_no_text_raises(text: str) -> None:
    assert object_of(text) is None or isinstance(object_of(text), dict)
    for found in objects_in(text):
        assert 0 <= found.start < found.end <= len(text)
