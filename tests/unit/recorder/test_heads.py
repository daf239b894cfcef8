"""Heads as text."""

from __future__ import annotations

import pytest

from shadowbench.recorder.heads import method_and_path, read_head_lines, status_of


def test_lines_keep_their_order_case_and_bytes() -> None:
    head = read_head_lines(b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nSet-Cookie: a=b: c\r\nEmpty:\r\n")
    assert head.start == "HTTP/1.1 200 OK"
    assert head.headers == (("X-Name", "café"), ("Set-Cookie", "a=b: c"), ("Empty", ""))


def test_headers_are_found_without_case_and_lists_are_joined() -> None:
    head = read_head_lines(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\ncontent-encoding: br\r\n")
    assert head.get("content-encoding") == "gzip"
    assert head.joined("content-encoding") == "gzip, br"
    assert head.get("absent") is None
    assert head.joined("absent") is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("POST /v1/chat/completions HTTP/1.1", ("POST", "/v1/chat/completions")),
        ("POST /v1/messages?beta=true&key=secret HTTP/1.1", ("POST", "/v1/messages")),
        ("GET http://host:80/v1/models?x HTTP/1.1", ("GET", "/v1/models")),
        ("GET http://host HTTP/1.1", ("GET", "/")),
        ("OPTIONS * HTTP/1.1", ("OPTIONS", "*")),
        ("GET /a//http://b HTTP/1.1", ("GET", "/a//http://b")),
    ],
)
def test_the_path_is_without_query_and_host(line: str, expected: tuple[str, str]) -> None:
    assert method_and_path(line) == expected


@pytest.mark.parametrize(
    ("line", "status"), [("HTTP/1.1 200 OK", 200), ("HTTP/1.1 503", 503), ("HTTP/1.1", None), ("", None)]
)
def test_the_status_is_the_second_word(line: str, status: int | None) -> None:
    assert status_of(line) == status
