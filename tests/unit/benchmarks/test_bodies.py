from __future__ import annotations

import json

import pytest

from benchmarks.bodies import HEADERS, chat_body, chat_request, size_name


@pytest.mark.parametrize("size", [100, 300, 8192, 262144])
def test_a_body_is_json_of_exactly_its_size(size: int) -> None:
    body = chat_body(size)
    assert len(body) == size
    assert json.loads(body)["model"] == "m"


def test_a_size_without_room_for_a_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        chat_body(20)


def test_a_request_has_the_lines_that_its_gateway_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = chat_request(300)
    monkeypatch.setenv(HEADERS, "x-portkey-provider=openai x-host=http://127.0.0.1:1/v1?a=b")
    head, _, body = chat_request(300).partition(b"\r\n\r\n")
    assert b"x-portkey" not in plain
    assert head.endswith(b"\r\nx-portkey-provider: openai\r\nx-host: http://127.0.0.1:1/v1?a=b")
    assert body == chat_body(300)


def test_sizes_are_named_as_people_say_them() -> None:
    assert [size_name(size) for size in (300, 8192, 262144)] == ["300 B", "8 KB", "256 KB"]
