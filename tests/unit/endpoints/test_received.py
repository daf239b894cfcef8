import pytest

from shadowbench.endpoints.received import BadRequestError, RequestReader, dechunk

WITH_LENGTH = (
    b"POST /v1/messages?beta=true HTTP/1.1\r\nHost: a\r\nX-Twice: 1\r\nX-Twice: 2\r\nContent-Length: 5\r\n\r\nhello"
)
CHUNKED = b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
BARE = b"GET /c HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_requests_are_the_same_however_the_bytes_were_cut(size: int) -> None:
    wire = WITH_LENGTH + CHUNKED + BARE
    reader = RequestReader()
    read = [request for at in range(0, len(wire), size) for request in reader.feed(wire[at : at + size])]
    assert [(request.method, request.target, request.body) for request in read] == [
        ("POST", "/v1/messages?beta=true", b"hello"),
        ("POST", "/b", b"abcde"),
        ("GET", "/c", b""),
    ]


def test_headers_keep_order_case_and_repetition() -> None:
    (request,) = RequestReader().feed(WITH_LENGTH)
    assert request.headers == (("Host", "a"), ("X-Twice", "1"), ("X-Twice", "2"), ("Content-Length", "5"))
    assert request.header("x-twice") == "1"
    assert request.path == "/v1/messages"


def test_a_client_that_expects_100_is_seen_waiting_until_its_body_comes() -> None:
    reader = RequestReader()
    assert reader.feed(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n") == []
    assert reader.awaits_continue
    assert len(reader.feed(b"ok")) == 1
    assert not reader.awaits_continue


@pytest.mark.parametrize("wire", [b"nonsense\r\n\r\n", b"x" * 300_000])
def test_what_is_no_request_is_refused(wire: bytes) -> None:
    with pytest.raises(BadRequestError):
        RequestReader().feed(wire)


def test_a_chunked_body_without_its_end_is_not_whole() -> None:
    assert dechunk(b"3\r\nabc\r\n0\r\n") is None
    whole = dechunk(b"3\r\nabc\r\n0\r\n\r\nrest")
    assert whole is not None
    assert (whole.body, whole.consumed) == (b"abc", 13)
