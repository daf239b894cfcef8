"""The judge is judged: what the strict reader takes, refuses, and where it says a message ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.differential.reader import Cut, Malformed, read_requests, read_responses
from tests.conformance.differential.request_cases import NEXT, SMUGGLED, chunk, head
from tests.conformance.differential.second_opinion import opinion
from tests.conformance.differential.verdict import judge_answers, judge_requests

LENGTH = head(b"Content-Length: 4") + b"abcd"
CHUNKED = head(b"Transfer-Encoding: chunked") + chunk(b"ab") + chunk(b"cd", b"2;x") + b"0\r\nX-T: u\r\n\r\n"


def test_requests_end_where_their_framing_says() -> None:
    read = read_requests(LENGTH + CHUNKED + NEXT)
    assert [(message.framing, message.body) for message in read.messages] == [
        ("length", b"abcd"),
        ("chunked", b"abcd"),
        ("none", b""),
    ]
    assert read.messages[1].trailers == ((b"X-T", b"u"),)
    assert [message.end for message in read.messages][-1] == len(LENGTH + CHUNKED + NEXT)
    assert read.rest == Cut(has_bytes=False)


@pytest.mark.parametrize("wire", [LENGTH, CHUNKED, NEXT])
def test_what_is_cut_anywhere_is_never_a_message_nor_malformed(wire: bytes) -> None:
    for at in range(len(wire)):
        read = read_requests(wire[:at])
        assert read.messages == () and isinstance(read.rest, Cut)
        assert read.rest.open is None or b"abcd".startswith(read.rest.open.body)


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (head(b"Content-Length: 4", b"Transfer-Encoding: chunked"), "6.3"),
        (head(b"Content-Length: 4", b"Content-Length: 4"), "6.3"),
        (head(b"Content-Length: +4"), "6.3"),
        (head(b"Transfer-Encoding: gzip, chunked"), "6.1"),
        (head(b"Transfer-Encoding: chunked", first=b"POST / HTTP/1.0"), "6.1"),
        (head(b"X-A : b"), "5"),
        (head(b"X-A: b\r\n c"), "5"),
        (head(b"X-A: b\nc"), "2.2"),
        (head(host=b""), "3.2"),
        (head(host=b"Host: x/y"), "3.2"),
        (head(host=b"Host: u@x"), "3.2"),
        (head(first=b"GET /a b HTTP/1.1"), "3"),
        (head(first=b"GET / HTTP/2.0"), "2.3"),
        (head(b"Transfer-Encoding: chunked") + b"0x4\r\nabcd\r\n", "7.1"),
        (head(b"Transfer-Encoding: chunked") + b"3\r\nabcd\r\n", "7.1"),
    ],
)
def test_what_two_could_read_differently_is_malformed(wire: bytes, why: str) -> None:
    read = read_requests(wire + NEXT)
    assert read.messages == () and isinstance(read.rest, Malformed) and read.rest.why.endswith(f"({why})")


@given(st.lists(st.tuples(st.binary(max_size=60), st.booleans()), max_size=4))
def test_what_is_written_well_is_read_as_it_was_by_both_readers(bodies: list[tuple[bytes, bool]]) -> None:
    wire = b"".join(_written(body, in_chunks=in_chunks) for body, in_chunks in bodies)
    read = read_requests(wire)
    assert [message.body for message in read.messages] == [body for body, _ in bodies]
    assert [body for _, _, body in opinion(wire).requests] == [body for body, _ in bodies]


def _written(body: bytes, *, in_chunks: bool) -> bytes:
    if not in_chunks:
        return head(b"Content-Length: %d" % len(body)) + body
    return head(b"Transfer-Encoding: chunked") + b"".join(chunk(bytes([byte])) for byte in body) + b"0\r\n\r\n"


def test_responses_have_no_body_where_none_may_be() -> None:
    interim, of_head = b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    wire = interim + of_head + b"HTTP/1.1 204 No\r\n\r\n" + b"HTTP/1.1 200 OK\r\n\r\nrest"
    read = read_responses(wire, [b"HEAD", b"GET", b"GET"])
    assert [(message.status, message.framing, message.body) for message in read.messages] == [
        (100, "none", b""),
        (200, "none", b""),
        (204, "none", b""),
        (200, "close", b"rest"),
    ]


# ── the verdict ──


def test_what_was_sent_and_nothing_else_is_without_fault() -> None:
    assert judge_requests(LENGTH + NEXT, [LENGTH, NEXT]).faults == ()
    assert judge_requests(LENGTH + NEXT, [LENGTH]).faults == ()  # cancelled
    assert judge_requests(LENGTH, [LENGTH[:-2]]).faults == ()  # broken off


@pytest.mark.parametrize(
    ("sent", "arrivals", "fault"),
    [
        (LENGTH, [LENGTH + SMUGGLED], "1 requests were sent and 2 arrived"),
        (LENGTH + NEXT, [LENGTH, SMUGGLED], "nobody sent"),
        (LENGTH, [LENGTH.replace(b"abcd", b"abcX")], "nobody sent"),
        (LENGTH, [LENGTH.replace(b"Host: x", b"Host: x\r\nX-New: 1")], "nobody sent"),
        (LENGTH, [LENGTH + b"abcd"], "a head that begins with"),
        (head(b"X-A : b"), [head(b"X-A : b")], "no request"),
        (LENGTH, [LENGTH[:-4].replace(b"4", b"9") + b"abcdGET"], "the beginning of"),
    ],
)
def test_each_kind_of_smuggling_is_a_fault(sent: bytes, arrivals: list[bytes], fault: str) -> None:
    (found, *_) = judge_requests(sent, arrivals).faults
    assert fault in found


def test_an_answer_too_many_is_a_fault() -> None:
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    sent = read_requests(LENGTH)
    assert judge_answers(sent, ok) == ()
    assert judge_answers(sent, ok + ok) == ()  # a refusal of what came behind
    assert "cannot read" in judge_answers(sent, ok + ok + ok)[0]
