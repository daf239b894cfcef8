"""The strings and numbers of JSON text, and where they stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.redaction.json_strings import Walk, is_json, looks_like_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def strings(value: Any) -> list[str]:
    """All strings of a value in order, names too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for name, item in value.items() for text in (name, *strings(item))]
    return [text for item in value for text in strings(item)] if isinstance(value, list) else []


@given(JSON, st.booleans(), st.sampled_from([None, 2]))
def test_every_string_is_found_and_reads_as_json_reads_it(value: Any, is_ascii: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii, indent=indent)
    leaves = [leaf for leaf in Walk(text) if leaf.is_string]
    assert [leaf.value for leaf in leaves] == strings(value)
    assert all(json.loads(text[leaf.start : leaf.end]) == leaf.value for leaf in leaves)
    assert all(json.loads(leaf.encoded(leaf.value)) == leaf.value for leaf in leaves)


def test_leaves_know_the_member_they_are_the_value_of() -> None:
    text = '{"a": {"b": ["x", {"c": 1.5}], "d": "y"}, "e": "z"}'
    named = [(leaf.name, leaf.raw) for leaf in Walk(text) if leaf.name]
    assert named == [("b", "x"), ("c", "1.5"), ("d", "y"), ("e", "z")]


def test_what_was_cut_off_gives_what_can_be_told() -> None:
    assert [leaf.raw for leaf in Walk('{"a": "b\\n", "c": "unfinish\\')] == ["a", "b\\n", "c", "unfinish\\"]
    assert [leaf.raw for leaf in Walk('}]],: "a"')] == ["a"]


def test_pieces_of_one_text_have_one_channel() -> None:
    def channels(event: str) -> list[object]:
        return [leaf.channel for leaf in list(Walk(event)) if leaf.name in ("content", "arguments")]

    one, two = ('{"choices":[{"index":' + index + ',"delta":{"content":"x"}}]}' for index in "01")
    late = '{"choices":[{"delta":{"content":"x"},"index":0}]}'
    assert channels(one) == channels(late) != channels(two)
    first = (
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"type":"function","function":{"arguments":""}}]}}]}'
    )
    later = '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}}]}'
    assert channels(first) == channels(later)


def test_token_lists_are_told() -> None:
    text = '{"choices":[{"logprobs":{"content":[{"token":"a"}]}},{"logprobs":null},{"logprobs":[]}]}'
    walk = Walk(text)
    list(walk)
    ((start, end),) = walk.token_lists
    assert text[start:end] == '{"content":[{"token":"a"}]}'


@pytest.mark.parametrize(
    ("text", "expected"), [('{"a":"\\ud800"}', True), ("[NaN]", True), ("{", False), ("[" * 9999, False)]
)
def test_json_is_what_lenient_readers_take(text: str, expected: bool) -> None:
    assert is_json(text) is expected


def test_looks() -> None:
    assert looks_like_json(' \n{"') and looks_like_json("[") and not looks_like_json("a{") and not looks_like_json("")


@pytest.mark.timeout(30)
@pytest.mark.parametrize("unit", ["{", '"', '"\\', "[", '{"a":', "\\", "1", "}", ",", '"a",'])
def test_a_walk_takes_time_in_proportion(unit: str) -> None:
    for _ in Walk(unit * 100_000):
        pass
