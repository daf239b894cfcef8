"""The judgement of a response head, without a connection."""

import pytest

from shadowbench.http1.responses import ResponseHead, judge, promised_idle
from tests.unit.http1.filling import filled


def make(*fields: tuple[bytes, bytes], status: int = 200, reason: bytes = b"OK") -> ResponseHead:
    head = filled(ResponseHead(), *fields)
    head.status, head.reason = status, reason
    return head


def length(value: bytes) -> tuple[bytes, bytes]:
    return b"Content-Length", value


CHUNKED = (b"Transfer-Encoding", b"chunked")


@pytest.mark.parametrize(
    ("head", "version", "is_said_on"),
    [
        (make(), "1.1", True),
        (make(), "1.0", True),
        (make(), "0.9", False),
        (make(), "2.0", False),
        (make(reason=b""), "1.1", True),
        (make(reason=b"all\tis \xe9"), "1.1", True),
        (make(reason=b"O\x00K"), "1.1", False),
        (make(reason=b"O\x7fK"), "1.1", False),
        (make(length(b"9223372036854775807")), "1.1", True),
        (make(length(b"9223372036854775808")), "1.1", False),
        (make(length(b"0000000000000000000000012")), "1.1", True),
        (make(CHUNKED), "1.1", True),
        (make(CHUNKED), "1.0", False),
        (make(CHUNKED, CHUNKED), "1.1", False),
        (make((b"Transfer-Encoding", b"gzip, chunked")), "1.1", False),
        (make(status=101), "1.1", True),
        (make(status=103), "1.1", True),
        (make(status=99), "1.1", False),
        (make(length(b"0"), status=103), "1.1", True),
        (make(length(b"3"), status=103), "1.1", False),
        (make(CHUNKED, status=104), "1.1", False),
    ],
)
def test_what_is_said_on(head: ResponseHead, version: str, is_said_on: bool) -> None:
    assert judge(head, version) is is_said_on


def test_a_chunked_answer_is_framed_anew_and_one_without_content_is_not() -> None:
    whole, empty = make(CHUNKED), make(CHUNKED, status=204)
    assert judge(whole, "1.1") and judge(empty, "1.1")
    assert (whole.chunked, empty.chunked) == (True, False)
    assert whole.lines == b"HTTP/1.1 200 OK\r\n"


def test_what_ends_at_this_hop_and_what_passes() -> None:
    head = make(
        (b"Connection", b"X-Secret, keep-alive"),
        (b"Keep-Alive", b"timeout=9"),
        (b"X-Secret", b"1"),
        (b"Trailer", b"X-Sum"),
        (b"Host", b"an odd one"),
        length(b"2"),
        (b"Upgrade", b"h2c"),
        (b"x-a", b"b"),
        status=404,
        reason=b"Not Here",
    )
    assert judge(head, "1.1")
    assert head.lines == b"HTTP/1.1 404 Not Here\r\nHost: an odd one\r\nContent-Length: 2\r\nx-a: b\r\n"
    assert (head.keep_alive_s, head.upgrade, head.length) == (9.0, b"h2c", b"2")


def test_credentials_are_found_where_they_are_also_when_fields_before_them_go() -> None:
    head = make(
        (b"X-Gone", b"1"), (b"Set-Cookie", b"a"), (b"x", b"y"), (b"Connection", b"x-gone"), (b"Set-Cookie", b"b")
    )
    assert judge(head, "1.1")
    assert head.credentials_at is not None
    assert [head.fields[at] for at in head.credentials_at] == [b"a", b"b"]


def test_a_nominated_credential_is_not_looked_for() -> None:
    head = make((b"Set-Cookie", b"a"), (b"Connection", b"set-cookie"))
    assert judge(head, "1.1")
    assert head.credentials_at is None and head.fields == []


def test_an_interim_answer_says_nothing_of_a_length_of_nothing() -> None:
    head = make((b"Link", b"</a>"), length(b"0"), status=103, reason=b"Early Hints")
    assert judge(head, "1.1")
    assert head.lines == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"timeout=5", 5.0),
        (b"max=100, Timeout = 7", 7.0),
        (b"timeout=99999999999999", 999999.0),
        (b"timeout=x", None),
        (b"timeout=-1", None),
        (b"timeout", None),
        (b"", None),
    ],
)
def test_promises_of_keep_alive(value, seconds):
    assert promised_idle(value) == seconds
