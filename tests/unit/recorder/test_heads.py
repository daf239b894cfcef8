"""Heads as text."""

from __future__ import annotations

import pytest

from shadowbench.recorder.heads import ResponseHead, method_and_path, read_head_lines, status_of


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
    assert status_of(line.encode()) == status


def test_a_responses_headers_are_found_whatever_their_case() -> None:
    head = ResponseHead(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Type:text/plain \r\nx-a: \xe9\r\nX-AB: no\r\n")
    assert head.status == 200
    assert head.get(b"content-type") == "text/plain"
    assert (head.get(b"x-a"), head.joined(b"x-a")) == ("1", "1, \xe9")
    assert (head.get(b"a"), head.joined(b"content")) == (None, None)


def test_the_last_line_may_lack_its_end() -> None:
    assert ResponseHead(b"HTTP/1.1 200 OK\r\nX-A: 1").get(b"x-a") == "1"
