"""Which parts of a request may be more than text."""

from typing import Any

import pytest

from shadowbench.wire.request_parts import is_media, telling_parts

IMAGE = {"type": "image_url", "image_url": {"url": "u"}}


def test_plain_text_is_passed_over() -> None:
    messages = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "t"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "t"}]},
        {"type": "function_call", "name": "f", "arguments": "{}"},
    ]
    assert telling_parts(messages) == []


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([{"role": "user", "content": [{"type": "text"}, IMAGE]}], id="part"),
        pytest.param([{"role": "user", "content": [{"type": "tool_result", "content": [IMAGE]}]}], id="tool result"),
        pytest.param([{"type": "message", "role": "user", "content": [IMAGE]}], id="item"),
        pytest.param([{"type": "function_call_output", "output": [IMAGE]}], id="output as a list"),
        pytest.param([{"type": "computer_call_output", "output": IMAGE}], id="output as an object"),
        pytest.param([{"role": "assistant", "content": "", "thinking_blocks": [IMAGE]}], id="beside the content"),
    ],
)
def test_what_is_more_is_found_wherever_it_is_nested(messages: list[Any]) -> None:
    assert IMAGE in telling_parts(messages)


def test_nesting_has_a_bound() -> None:
    deep: Any = IMAGE
    for _ in range(500):
        deep = {"type": "tool_result", "content": [deep]}
    assert len(telling_parts([deep])) == 3


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (IMAGE, True),
        ({"type": "input_audio"}, True),
        ({"type": "document", "source": {}}, True),
        ({"role": "user", "content": "x", "images": ["AAAA"]}, True),
        ({"role": "user", "content": "x", "images": []}, False),
        ({"type": "thinking"}, False),
        ({"type": []}, False),
    ],
)
def test_media_are_told_apart(part: Any, expected: bool) -> None:
    assert is_media(part) is expected
