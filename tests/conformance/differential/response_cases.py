"""Responses of production that are malformed, ambiguous or merely odd, by name. Each is all that comes for one request.

`ends` says whether production closes the connection behind it. What the client may get of it is judged by the strict reader:
the same response, whole and once; or the beginning of it and a broken connection; or a 502.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.conformance.differential.request_cases import chunk

_EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
_CHUNKED = b"Transfer-Encoding: chunked"
_LAST = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseCase:
    """One answer."""

    name: str
    section: str
    wire: bytes
    method: bytes = b"GET"
    ends: bool = False
    passes: bool  # shadowbench relays it whole


def head(*lines: bytes, first: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """A response head."""
    return b"".join(line + b"\r\n" for line in (first, *lines)) + b"\r\n"


_SWITCH = head(b"Connection: Upgrade", b"Upgrade: h2c", first=b"HTTP/1.1 101 Switching Protocols")


def _cases(
    section: str, wires: dict[str, bytes], *, passes: bool, ends: bool = False, method: bytes = b"GET"
) -> list[ResponseCase]:
    return [
        ResponseCase(name=name, section=section, wire=wire, method=method, ends=ends, passes=passes)
        for name, wire in wires.items()
    ]


def _framed(*parts: bytes) -> bytes:
    return head(_CHUNKED) + b"".join(parts)


_GOOD = _cases(
    "6.3",
    {
        "a length": head(b"Content-Length: 2") + b"ok",
        "a length with leading zeros": head(b"Content-Length: 0002") + b"ok",
        "chunks": _framed(chunk(b"o"), chunk(b"k"), _LAST),
        "chunks with extensions": _framed(chunk(b"ok", b"2;a=b"), b"0;c\r\n\r\n"),
        "chunks with trailers": _framed(chunk(b"ok"), b"0\r\nContent-Type: evil\r\nX-Sum: 1\r\n\r\n"),
        "a body that is a response": head(b"Content-Length: %d" % len(_EVIL)) + _EVIL,
        "no content": head(first=b"HTTP/1.1 204 No Content"),
        "not modified, with a length": head(b"Content-Length: 4", first=b"HTTP/1.1 304 Not Modified"),
        "early hints before": head(b"Link: </a>", first=b"HTTP/1.1 103 Early Hints")
        + head(b"Content-Length: 2")
        + b"ok",
        "104 before": head(first=b"HTTP/1.1 104 Upload Resumption Supported") + head(b"Content-Length: 2") + b"ok",
        "blanks behind chunked": head(_CHUNKED + b"  ") + chunk(b"ok") + _LAST,
        "no reason": head(b"Content-Length: 2", first=b"HTTP/1.1 200") + b"ok",
        "a reason in Latin-1": head(b"Content-Length: 2", first=b"HTTP/1.1 200 \xe9t\xe9") + b"ok",
        "status 599": head(b"Content-Length: 2", first=b"HTTP/1.1 599 Odd") + b"ok",
    },
    passes=True,
)
_UNTIL_EOF = _cases(
    "6.3",
    {
        "until the end": head() + b"ok",
        "HTTP/1.0 until the end": head(first=b"HTTP/1.0 200 OK") + b"ok",
        "nothing until the end": head(),
        "until the end, looking like two": head() + _EVIL + _EVIL,
    },
    passes=True,
    ends=True,
)
_EXCESS = _cases(
    "6.3",
    {
        "a response behind a length": head(b"Content-Length: 2") + b"ok" + _EVIL,
        "a response behind chunks": _framed(chunk(b"ok"), _LAST, _EVIL),
        "a switch behind chunks": _framed(chunk(b"ok"), _LAST, _SWITCH),
        "a switch behind a length": head(b"Content-Length: 2") + b"ok" + _SWITCH,
        "a byte behind a length": head(b"Content-Length: 2") + b"okx",
        "a line end behind a length": head(b"Content-Length: 2") + b"ok\r\n",
        "a body behind no content": head(first=b"HTTP/1.1 204 No Content") + b"evil",
        "a response behind no content": head(first=b"HTTP/1.1 204 No Content") + _EVIL,
        "the content of a 304": head(b"Content-Length: 4", first=b"HTTP/1.1 304 Not Modified") + b"evil",
        "no content with chunks": head(_CHUNKED, first=b"HTTP/1.1 204 No Content") + chunk(b"evil") + _LAST,
        "a response behind a length of 0": head(b"Content-Length: 0") + _EVIL,
    },
    passes=True,
)
_HEAD = _cases(
    "6.3",
    {
        "HEAD with a length": head(b"Content-Length: 4"),
        "HEAD with a body": head(b"Content-Length: 4") + b"evil",
        "HEAD with chunks": _framed(chunk(b"evil"), _LAST),
        "HEAD with a response behind": head(b"Content-Length: 0") + _EVIL,
        "HEAD without framing": head(),
    },
    method=b"HEAD",
    passes=True,
)
_AMBIGUOUS = _cases(
    "6.3",
    {
        "a length and chunked": head(b"Content-Length: 4", _CHUNKED) + chunk(b"ok") + _LAST,
        "chunked and a length": head(_CHUNKED, b"Content-Length: 4") + chunk(b"ok") + _LAST,
        "two lengths": head(b"Content-Length: 2", b"Content-Length: 50") + b"ok" + _EVIL,
        "two equal lengths": head(b"Content-Length: 2", b"Content-Length: 2") + b"ok",
        "a list of lengths": head(b"Content-Length: 2, 2") + b"ok",
        "a signed length": head(b"Content-Length: +2") + b"ok",
        "a negative length": head(b"Content-Length: -1") + b"ok",
        "a hexadecimal length": head(b"Content-Length: 0x2") + b"ok",
        "an empty length": head(b"Content-Length:") + b"ok",
        "a length of 2^63": head(b"Content-Length: 9223372036854775808") + b"ok",
        "a length of 2^64 + 2": head(b"Content-Length: 18446744073709551618") + b"ok",
        "gzip, chunked": head(b"Transfer-Encoding: gzip, chunked") + _LAST,
        "chunked twice": head(_CHUNKED, _CHUNKED) + chunk(b"ok") + _LAST,
        "chunked before a tab": head(b"Transfer-Encoding: chunked\t") + chunk(b"ok") + _LAST,
        "an unknown coding": head(b"Transfer-Encoding: xchunked") + chunk(b"ok") + _LAST,
        "identity and a length": head(b"Transfer-Encoding: identity", b"Content-Length: 2") + b"ok",
        "chunked in HTTP/1.0": head(_CHUNKED, first=b"HTTP/1.0 200 OK") + chunk(b"ok") + _LAST,
        "a blank before a length's colon": head(b"Content-Length : 2") + b"ok",
        "a folded coding": head(b"Transfer-Encoding:\r\n chunked") + chunk(b"ok") + _LAST,
        "a length in 100": head(b"Content-Length: 5", first=b"HTTP/1.1 100 Continue") + b"hello",
        "a length in 104": head(b"Content-Length: 5", first=b"HTTP/1.1 104 Odd") + b"hello",
        "chunks in 199": head(_CHUNKED, first=b"HTTP/1.1 199 Odd") + chunk(_EVIL) + _LAST,
        "chunks in 100": head(_CHUNKED, first=b"HTTP/1.1 100 Continue") + chunk(b"hello") + _LAST,
    },
    passes=False,
    ends=True,
)
_BAD_CHUNKS = _cases(
    "7.1",
    {
        "a size that is no number": _framed(chunk(b"ok"), b"zz\r\n", _EVIL),
        "a negative size": _framed(chunk(b"ok"), b"-1\r\n", _EVIL),
        "a size too small": _framed(chunk(b"ok", b"1"), _LAST),
        "a size of 2^64": _framed(chunk(b"ok", b"10000000000000000"), _LAST),
        "a bare LF behind a size": _framed(b"2\nok\r\n", _LAST),
        "a bare LF behind data": _framed(b"2\r\nok\n", _LAST),
        "LF LF at the end": _framed(chunk(b"ok"), b"0\n\n"),
        "a broken trailer": _framed(chunk(b"ok"), b"0\r\nX Y: 1\r\n\r\n"),
    },
    passes=False,
)
_BAD_HEADS = _cases(
    "4",
    {
        "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/0.9": b"<html>hello</html>\n",
        "HTTP/2.0": head(b"Content-Length: 2", first=b"HTTP/2.0 200 OK") + b"ok",
        "HTTP/1.2": head(b"Content-Length: 2", first=b"HTTP/1.2 200 OK") + b"ok",
        "status 20": head(b"Content-Length: 2", first=b"HTTP/1.1 20 OK") + b"ok",
        "status 050": head(b"Content-Length: 2", first=b"HTTP/1.1 050 OK") + b"ok",
        "status 2000": head(b"Content-Length: 2", first=b"HTTP/1.1 2000 OK") + b"ok",
        "status OK": head(b"Content-Length: 2", first=b"HTTP/1.1 OK") + b"ok",
        "a bare CR in the reason": head(b"Content-Length: 2", first=b"HTTP/1.1 200 O\rK") + b"ok",
        "a bare LF in the reason": head(b"Content-Length: 2", first=b"HTTP/1.1 200 O\nX-A: K") + b"ok",
        "NUL in the reason": head(b"Content-Length: 2", first=b"HTTP/1.1 200 O\0K") + b"ok",
        "a control character in the reason": head(b"Content-Length: 2", first=b"HTTP/1.1 200 O\x1bK") + b"ok",
        "a folded line": head(b"X-A: b\r\n c", b"Content-Length: 2") + b"ok",
        "a bare CR in a value": head(b"X-A: b\rc", b"Content-Length: 2") + b"ok",
        "a bare LF in a value": head(b"X-A: b\nc", b"Content-Length: 2") + b"ok",
        "NUL in a value": head(b"X-A: b\0c", b"Content-Length: 2") + b"ok",
        "a control character in a name": head(b"X\x01A: b", b"Content-Length: 2") + b"ok",
        "a line without a colon": head(b"X-A", b"Content-Length: 2") + b"ok",
        "switching unasked": head(b"Connection: Upgrade", b"Upgrade: h2c", first=b"HTTP/1.1 101 S") + _EVIL,
        "a head above the bound": head(b"X-A: " + b"a" * 600_000, b"Content-Length: 2") + b"ok",
    },
    passes=False,
    ends=True,
)
_CUT = _cases(
    "8",
    {
        "nothing": b"",
        "half a status line": b"HTTP/1.1 20",
        "half a head": head(b"Content-Length: 2")[:-2],
        "half a body": head(b"Content-Length: 20") + b"ok",
        "half a chunk": _framed(b"8\r\nok"),
        "a chunk without its line end": _framed(b"2\r\nok"),
        "chunks without the last": _framed(chunk(b"ok")),
        "half a last chunk": _framed(chunk(b"ok"), b"0\r\n"),
        "half a trailer": _framed(chunk(b"ok"), b"0\r\nX-T: "),
        "an interim response alone": head(first=b"HTTP/1.1 100 Continue"),
    },
    passes=False,
    ends=True,
)

CASES = {
    case.name: case
    for group in (_GOOD, _UNTIL_EOF, _EXCESS, _HEAD, _AMBIGUOUS, _BAD_CHUNKS, _BAD_HEADS, _CUT)
    for case in group
}
