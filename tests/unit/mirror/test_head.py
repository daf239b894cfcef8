from __future__ import annotations

import pytest

from shadowbench.errors import ProtocolError
from shadowbench.mirror.head import parse_head


def test_a_head_is_split_into_its_parts() -> None:
    head = parse_head(b"POST /v1/messages?beta=true&x=%2F HTTP/1.1\r\nHost: a\r\nX-User: Jo  \r\nEmpty: \r\n")
    assert (head.method, head.path, head.query) == ("POST", "/v1/messages", b"?beta=true&x=%2F")
    assert head.get(b"x-user") == b"Jo" and head.headers[b"x-user"] == b"Jo  "
    assert head.get(b"empty") == b"" and head.get(b"none") is None


def test_of_repeated_fields_the_first_counts_and_lists_are_joined() -> None:
    head = parse_head(b"POST / HTTP/1.1\r\nX: 1\r\nx: 2\r\nanthropic-beta: a\r\nAnthropic-Beta: b\r\n")
    assert head.get(b"x") == b"1"
    assert head.get(b"anthropic-beta") == b"a, b"


def test_a_line_that_is_no_field_is_passed_over() -> None:
    head = parse_head(b"POST / HTTP/1.1\r\nAccept\r\nX: 1\r\n")
    assert head.headers == {b"x": b"1"}


@pytest.mark.parametrize("head", [b"", b"POST /", b"Host: a\r\n"])
def test_no_request_line_is_a_protocol_error(head: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_head(head)
