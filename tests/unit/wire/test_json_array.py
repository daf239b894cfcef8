"""A JSON array that arrives bit by bit, as transcripts: bytes in, elements out."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.wire.json_array import ArrayDecoder
from shadowbench.wire.sse import SseEvent

Cut = Callable[[bytes], list[bytes]]
OVERSIZE = SseEvent(b"", oversize=True)

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), max_size=4)


def decode(chunks: list[bytes], max_element_bytes: int = 1 << 20) -> list[SseEvent]:
    decoder = ArrayDecoder(max_element_bytes)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    assert decoder.finish() is None
    return events


@pytest.mark.parametrize(
    ("stream", "elements"),
    [
        pytest.param(b'[{"a":1}\n,\r\n{"b":2}\n]\n', [b'{"a":1}', b'{"b":2}'], id="as Google sends it"),
        pytest.param(b'[{"a":"}]\\"{"}]', [b'{"a":"}]\\"{"}'], id="brackets in strings"),
        pytest.param(b'[{"a":"\\\\"}]', [b'{"a":"\\\\"}'], id="a string that ends with a backslash"),
        pytest.param(b'[1,"x]",null,{"a":[{}]},[2]]', [b'{"a":[{}]}', b"[2]"], id="only objects and arrays"),
        pytest.param(b'[{"a":1}]{"b":2}', [b'{"a":1}'], id="nothing after the end"),
        pytest.param(b'[{"a":1},{"b"', [b'{"a":1}'], id="cut in an element"),
        pytest.param(b"[]", [], id="empty"),
        pytest.param(b"]}[{}]", [], id="not an array"),
    ],
)
def test_elements_come_out_whole(stream: bytes, elements: list[bytes], cut: Cut) -> None:
    assert decode(cut(stream)) == [SseEvent(element) for element in elements]


def test_an_element_is_there_with_its_last_byte() -> None:
    decoder = ArrayDecoder()
    assert decoder.feed(b'[{"a":1') == []
    assert decoder.feed(b"}") == [SseEvent(b'{"a":1}')]


def test_ct_15_an_element_over_the_bound_is_said_and_the_next_is_read(cut: Cut) -> None:
    assert decode(cut(b'[{"a":1},{"a":12},{}]'), 7) == [SseEvent(b'{"a":1}'), OVERSIZE, SseEvent(b"{}")]


def test_an_element_without_end_is_not_kept() -> None:
    decoder = ArrayDecoder(1000)
    decoder.feed(b'[{"a":"')
    for _ in range(5000):
        assert decoder.feed(b"x" * 100) == []
        assert len(decoder._buffer) <= 1000
    assert decoder.feed(b'"}') == [OVERSIZE]


@given(OBJECTS, st.integers(1, 7), st.sampled_from([None, 2]))
def test_every_object_comes_back_however_it_is_cut(objects: list[Any], step: int, indent: int | None) -> None:
    text = json.dumps(objects, indent=indent, ensure_ascii=False).encode()
    events = decode([text[i : i + step] for i in range(0, len(text), step)])
    assert [json.loads(event.data) for event in events] == objects


@given(st.lists(st.binary(max_size=12) | st.sampled_from([b"[", b"{", b'"', b"\\", b"]", b"}"])))
def test_arbitrary_bytes_never_raise_and_cuts_do_not_matter(chunks: list[bytes]) -> None:
    assert decode(chunks, 20) == decode([b"".join(chunks)], 20)
