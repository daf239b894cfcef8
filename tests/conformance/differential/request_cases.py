"""Malformed, ambiguous and merely odd requests, by name. Each is what a client sends over one connection.

`arrives` is how many whole requests shadowbench forwards of it; what any proxy forwards is judged by `verdict` alone. Sections
are RFC 9112's (RFC 9110's where a 10 stands before). Covers CT-45, CT-47, CT-50, CT-58.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

NEXT = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
_CHUNKED = b"Transfer-Encoding: chunked"
_LAST = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One client connection."""

    name: str
    section: str
    wire: bytes
    arrives: int = 0


def head(*lines: bytes, first: bytes = b"POST /case HTTP/1.1", host: bytes = b"Host: x") -> bytes:
    """A request head."""
    return b"".join(line + b"\r\n" for line in (first, *([host] if host else []), *lines)) + b"\r\n"


def chunk(data: bytes, size: bytes | None = None) -> bytes:
    """A chunk, whose size may be written as one likes."""
    return (b"%x" % len(data) if size is None else size) + b"\r\n" + data + b"\r\n"


def _cases(section: str, wires: dict[str, bytes], arrives: int = 0) -> list[Case]:
    return [Case(name=name, section=section, wire=wire, arrives=arrives) for name, wire in wires.items()]


# ── Content-Length and Transfer-Encoding in one request, in every order and spelling ──

_LENGTHS = {
    "a length": b"Content-Length: 4",
    "a length of 0": b"Content-Length: 0",
    "a bad length": b"Content-Length: x",
}
_CODINGS = {
    "chunked": _CHUNKED,
    "Chunked": b"Transfer-Encoding: Chunked",
    "CHUNKED": b"TRANSFER-ENCODING: CHUNKED",
    "chunked behind a tab": b"Transfer-Encoding:\tchunked",
    "chunked without a blank": b"Transfer-Encoding:chunked",
    "chunked before blanks": b"Transfer-Encoding: chunked  ",
    "chunked before a tab": b"Transfer-Encoding: chunked\t",
    "xchunked": b"Transfer-Encoding: xchunked",
    "chunked in quotes": b'Transfer-Encoding: "chunked"',
    "identity": b"Transfer-Encoding: identity",
    "gzip, chunked": b"Transfer-Encoding: gzip, chunked",
    "chunked, chunked": b"Transfer-Encoding: chunked, chunked",
    "chunked and a comma": b"Transfer-Encoding: chunked,",
    "chunked;q": b"Transfer-Encoding: chunked;q=1",
    "an empty coding": b"Transfer-Encoding:",
    "a blank before the colon": b"Transfer-Encoding : chunked",
    "a tab before the colon": b"Transfer-Encoding\t: chunked",
    "a vertical tab": b"Transfer-Encoding: \x0bchunked",
    "a folded coding": b"Transfer-Encoding:\r\n chunked",
    "a form feed": b"Transfer-Encoding: chunked\x0c",
    "a no-break space": b"Transfer-Encoding: chunked\xa0",
}
_UNDERSCORE = b"Transfer_Encoding: chunked"  # another field, of no meaning


def _mixed() -> Iterator[Case]:
    bodies = {"": chunk(b"abcd") + _LAST, " around a request": _LAST + SMUGGLED}
    for coding, coding_line in _CODINGS.items():
        for length, length_line in _LENGTHS.items():
            for around, body in bodies.items():
                wires = {
                    f"{length}, then {coding}{around}": head(length_line, coding_line) + body,
                    f"{coding}, then {length}{around}": head(coding_line, length_line) + body,
                }
                for name, wire in wires.items():
                    yield Case(name=name, section="6.3", wire=wire)


_ALONE = {f"{name} alone": head(line) + chunk(b"abcd") + _LAST + NEXT for name, line in _CODINGS.items()}
_GOOD_CODINGS = {f"{name} alone" for name in list(_CODINGS)[:6]}

FRAMING = [
    *_mixed(),
    *_cases("6.1", {name: wire for name, wire in _ALONE.items() if name in _GOOD_CODINGS}, 2),
    *_cases("6.1", {name: wire for name, wire in _ALONE.items() if name not in _GOOD_CODINGS}),
    # No framing at all: what was meant as a body is read as a request, which it is not.
    *_cases("6.3", {"an underscore": head(_UNDERSCORE) + chunk(b"abcd") + _LAST + NEXT}, 1),
    *_cases("6.3", {"a length and an underscore": head(_UNDERSCORE, b"Content-Length: 4") + b"abcd" + NEXT}, 2),
    *_cases(
        "6.1",
        {
            "two codings on two lines": head(_CHUNKED, _CHUNKED) + chunk(b"abcd") + _LAST + NEXT,
            "gzip and chunked on two lines": head(b"Transfer-Encoding: gzip", _CHUNKED) + _LAST + NEXT,
            "chunked and identity on two lines": head(_CHUNKED, b"Transfer-Encoding: identity") + _LAST + NEXT,
            "chunked in HTTP/1.0": head(_CHUNKED, first=b"POST /case HTTP/1.0") + chunk(SMUGGLED) + _LAST,
            "chunked in HTTP/1.0 that persists": head(_CHUNKED, b"Connection: keep-alive", first=b"POST / HTTP/1.0")
            + _LAST
            + NEXT,
            "chunked that Connection names, with a length": head(
                _CHUNKED, b"Connection: transfer-encoding", b"Content-Length: 4"
            )
            + _LAST,
        },
    ),
    *_cases(
        "6.1",
        {
            "chunked that Connection names": head(_CHUNKED, b"Connection: transfer-encoding")
            + chunk(SMUGGLED)
            + _LAST
            + NEXT
        },
        2,
    ),
    *_cases(
        "6.2",
        {
            "a length that Connection names": head(b"Content-Length: %d" % len(SMUGGLED), b"Connection: content-length")
            + SMUGGLED
            + NEXT
        },
        2,
    ),
    *_cases(
        "6.2",
        {
            "a length of 0 and a request behind": head(b"Content-Length: 0") + NEXT,
            "a length with leading zeros": head(b"Content-Length: 0000000004") + b"abcd" + NEXT,
            "a length between tabs": head(b"Content-Length:\t4\t") + b"abcd" + NEXT,
            "GET with a body": head(b"Content-Length: %d" % len(SMUGGLED), first=b"GET / HTTP/1.1") + SMUGGLED + NEXT,
            "HEAD with a body": head(b"Content-Length: 4", first=b"HEAD / HTTP/1.1") + b"abcd" + NEXT,
            "a body that is a request": head(b"Content-Length: %d" % len(SMUGGLED)) + SMUGGLED + NEXT,
            "no framing and a request behind": head() + NEXT,
            "a body in chunks that is a request": head(_CHUNKED)
            + chunk(SMUGGLED[:9])
            + chunk(SMUGGLED[9:])
            + _LAST
            + NEXT,
        },
        2,
    ),
    *_cases(
        "6.2",
        {
            "two lengths": head(b"Content-Length: 4", b"Content-Length: 5") + b"abcde",
            "two equal lengths": head(b"Content-Length: 4", b"Content-Length: 4") + b"abcd",
            "two lengths in two spellings": head(b"Content-Length: 0", b"content-length: %d" % len(SMUGGLED))
            + SMUGGLED,
            "a list of lengths": head(b"Content-Length: 4, 4") + b"abcd",
            "a list of different lengths": head(b"Content-Length: 0, 4") + b"abcd",
            "a length with a plus": head(b"Content-Length: +4") + b"abcd",
            "a length with a minus": head(b"Content-Length: -4") + b"abcd",
            "a hexadecimal length": head(b"Content-Length: 0x4") + b"abcd",
            "a length with an underscore": head(b"Content-Length: 1_0") + b"abcdefghij",
            "a length with a blank inside": head(b"Content-Length: 1 0") + b"abcdefghij",
            "a length with a fraction": head(b"Content-Length: 4.0") + b"abcd",
            "an empty length": head(b"Content-Length:") + SMUGGLED,
            "a blank before a length's colon": head(b"Content-Length : %d" % len(SMUGGLED)) + SMUGGLED,
            "a length of 2^63": head(b"Content-Length: 9223372036854775808") + SMUGGLED,
            "a length of 2^64 - 1": head(b"Content-Length: 18446744073709551615") + SMUGGLED,
            "a length of 2^64": head(b"Content-Length: 18446744073709551616") + SMUGGLED,
            "a length of 2^64 + 4": head(b"Content-Length: 18446744073709551620") + b"abcd" + SMUGGLED,
            "a length of 40 digits": head(b"Content-Length: " + b"9" * 40) + SMUGGLED,
            "a length in other digits": head("Content-Length: ٤".encode()) + b"abcd",
            "a folded length": head(b"Content-Length:\r\n 4") + b"abcd",
            "a length behind NUL": head(b"Content-Length: \x004") + b"abcd",
            "less than the length": head(b"Content-Length: 1000") + SMUGGLED,
        },
    ),
]

# ── chunks ──


def _chunked(*parts: bytes) -> bytes:
    return head(_CHUNKED) + b"".join(parts)


CHUNKS = [
    *_cases(
        "7.1",
        {
            "a size in capitals": _chunked(chunk(b"x" * 10, b"A"), _LAST, NEXT),
            "a size in small letters": _chunked(chunk(b"x" * 10, b"a"), _LAST, NEXT),
            "a size with leading zeros": _chunked(chunk(b"abcd", b"00000004"), _LAST, NEXT),
            "a last chunk of many zeros": _chunked(chunk(b"abcd"), b"000\r\n\r\n", NEXT),
            "no chunk but the last": _chunked(_LAST, NEXT),
            "chunks of one byte": _chunked(*[chunk(bytes([byte])) for byte in SMUGGLED], _LAST, NEXT),
            "an extension": _chunked(chunk(b"abcd", b"4;name=value"), _LAST, NEXT),
            "an extension without a value": _chunked(chunk(b"abcd", b"4;name"), _LAST, NEXT),
            "an extension in quotes": _chunked(chunk(b"abcd", b'4;name="a;b"'), _LAST, NEXT),
            "many extensions": _chunked(chunk(b"abcd", b"4" + b";a=b" * 200), b"0;z\r\n\r\n", NEXT),
        },
        2,
    ),
    *_cases(
        "7.1.1",
        {
            "a blank behind the size": _chunked(chunk(b"abcd", b"4 "), _LAST, NEXT),
            "a tab behind the size": _chunked(chunk(b"abcd", b"4\t"), _LAST, NEXT),
            "a blank before an extension": _chunked(chunk(b"abcd", b"4 ;a"), _LAST, NEXT),
            "a bare LF in an extension": _chunked(b"4;a\n" + chunk(SMUGGLED), _LAST, NEXT),
            "a bare CR in an extension": _chunked(b"4;a\rb\r\nabcd\r\n", _LAST, NEXT),
            "NUL in an extension": _chunked(chunk(b"abcd", b"4;a\0b"), _LAST, NEXT),
            "extensions above every bound": _chunked(chunk(b"abcd", b"4;" + b"a" * 900_000), _LAST, NEXT),
        },
    ),
    *_cases(
        "7.1",
        {
            "a size with 0x": _chunked(chunk(b"abcd", b"0x4"), _LAST, NEXT),
            "a size with a plus": _chunked(chunk(b"abcd", b"+4"), _LAST, NEXT),
            "a size with a minus": _chunked(chunk(b"abcd", b"-4"), _LAST, NEXT),
            "a size with an underscore": _chunked(chunk(b"x" * 16, b"1_0"), _LAST, NEXT),
            "a blank before the size": _chunked(chunk(b"abcd", b" 4"), _LAST, NEXT),
            "a size that is no number": _chunked(chunk(b"abcd", b"g"), _LAST, NEXT),
            "no size": _chunked(chunk(b"abcd", b""), _LAST, NEXT),
            "a size of 2^64 + 4": _chunked(chunk(b"abcd", b"10000000000000004"), _LAST, NEXT),
            "a size of 2^32 + 4, cut short": _chunked(chunk(b"abcd", b"100000004"), _LAST, NEXT),
            "a size of 2^63": _chunked(chunk(b"abcd", b"8000000000000000"), _LAST, NEXT),
            "a size of 300 digits": _chunked(chunk(b"abcd", b"f" * 300), _LAST, NEXT),
            "a size too small": _chunked(chunk(b"abcd", b"3"), _LAST, NEXT),
            "a size too large": _chunked(chunk(b"abcd", b"5"), _LAST, NEXT),
            "a bare LF behind a size": _chunked(b"4\nabcd\r\n", _LAST, NEXT),
            "a bare CR behind a size": _chunked(b"4\rabcd\r\n", _LAST, NEXT),
            "a bare LF behind data": _chunked(b"4\r\nabcd\n", _LAST, NEXT),
            "a bare CR behind data": _chunked(b"4\r\nabcd\r0\r\n\r\n", NEXT),
            "nothing behind data": _chunked(b"4\r\nabcd", _LAST, NEXT),
            "LF LF at the end": _chunked(chunk(b"abcd"), b"0\n\n", NEXT),
            "CR LF LF at the end": _chunked(chunk(b"abcd"), b"0\r\n\n", NEXT),
            "LF CR LF at the end": _chunked(chunk(b"abcd"), b"0\n\r\n", NEXT),
            "no end": _chunked(chunk(SMUGGLED)),
            "another number's digits": _chunked(chunk(b"abcd", "٤".encode()), _LAST, NEXT),
        },
    ),
]


def _with_trailers(lines: bytes) -> bytes:
    return _chunked(chunk(b"abcd"), b"0\r\n", lines, b"\r\n", NEXT)


TRAILERS = [
    *_cases(
        "7.1.2",
        {
            "a trailer": _with_trailers(b"X-Sum: 1\r\n"),
            "a trailer that would be a Host": _with_trailers(b"Host: evil\r\n"),
            "a trailer that would be credentials": _with_trailers(b"Authorization: evil\r\n"),
        },
        2,
    ),
    # Stricter than need be: llhttp obeys it, and the next request is refused.
    *_cases("7.1.2", {"a trailer that would close": _with_trailers(b"Connection: close\r\n")}, 1),
    *_cases(
        "7.1.2",
        {
            "a trailer that would be a length": _with_trailers(b"Content-Length: 50\r\n"),
            "a trailer that would be a coding": _with_trailers(b"Transfer-Encoding: chunked\r\n"),
            "a blank in a trailer's name": _with_trailers(b"X Y: 1\r\n"),
            "a bare LF in a trailer": _with_trailers(b"X: 1\nGET /smuggled HTTP/1.1\r\n"),
            "a folded trailer": _with_trailers(b"X: 1\r\n 2\r\n"),
            "a request for a trailer": _chunked(chunk(b"abcd"), b"0\r\n", SMUGGLED, NEXT),
            "trailers above every bound": _with_trailers(b"X-T: 1\r\n" * 100_000),
        },
    ),
]

# ── header lines ──

FIELDS = [
    *_cases(
        "5",
        {
            "a folded line": head(b"X-A: b\r\n c") + NEXT,
            "a line folded by a tab": head(b"X-A: b\r\n\tc") + NEXT,
            "a fold before the first field": head(host=b" X: y") + NEXT,
            "a bare CR in a value": head(b"X-A: b\rContent-Length: 30") + SMUGGLED,
            "a bare LF in a value": head(b"X-A: b\nContent-Length: 30") + SMUGGLED,
            "CR CR LF": head(b"X-A: b\r") + NEXT,
            "a bare CR before the end": b"POST / HTTP/1.1\r\nHost: x\r\n\r\r\n" + NEXT,
            "a bare LF for the end": b"POST / HTTP/1.1\r\nHost: x\r\n\n" + NEXT,
            "only bare LFs": b"GET / HTTP/1.1\nHost: x\n\n" + NEXT,
            "only bare CRs": b"GET / HTTP/1.1\rHost: x\r\r" + NEXT,
            "NUL in a value": head(b"X-A: b\0c") + NEXT,
            "NUL in a name": head(b"X\0A: b") + NEXT,
            "DEL in a value": head(b"X-A: b\x7fc") + NEXT,
            "a control character in a value": head(b"X-A: b\x01c") + NEXT,
            "a control character in a name": head(b"X\x01A: b") + NEXT,
            "Latin-1 in a name": head(b"X-\xe9: b") + NEXT,
            "UTF-8 in a name": head("X-é: b".encode()) + NEXT,
            "a blank in a name": head(b"X A: b") + NEXT,
            "a blank before a colon": head(b"X-A : b") + NEXT,
            "a tab before a colon": head(b"X-A\t: b") + NEXT,
            "an empty name": head(b": b") + NEXT,
            "no colon": head(b"X-A") + NEXT,
            "a name in brackets": head(b"X(A): b") + NEXT,
            "a name with a slash": head(b"X/A: b") + NEXT,
            "a name with a semicolon": head(b"X;A: b") + NEXT,
        },
    ),
    *_cases(
        "5.5",
        {
            "an empty value": head(b"X-A:") + NEXT,
            "a value of blanks": head(b"X-A: \t ") + NEXT,
            "Latin-1 in a value": head(b"X-A: \xe9\xff") + NEXT,
            "a colon in a value": head(b"X-A: b:c") + NEXT,
            "the same field thrice": head(b"X-A: 1", b"x-a: 2", b"X-A: 1") + NEXT,
            "a name of all token characters": head(b"!#$%&'*+-.^_`|~09AZaz: b") + NEXT,
        },
        2,
    ),
    *_cases(
        "5.4",
        {
            "a head above the bound": head(b"X-A: " + b"a" * 140_000) + NEXT,
            "too many fields": head(*[b"X: y"] * 300) + NEXT,
        },
    ),
    *_cases("5.4", {"a head of 64 KiB": head(b"X-A: " + b"a" * 65_536) + NEXT}, 2),
    *_cases(
        "5",
        {
            "blanks behind a Host": head(host=b"Host: x  ") + NEXT,
            "a tab behind a Host": head(host=b"Host: x\t") + NEXT,
        },
        2,
    ),
    *_cases(
        "3.2",
        {
            "no Host": head(host=b"") + NEXT,
            "two Hosts": head(b"Host: y") + NEXT,
            "two equal Hosts": head(b"Host: x") + NEXT,
            "two Hosts in two spellings": head(b"HOST: y") + NEXT,
            "a folded Host": head(host=b"Host:\r\n x") + NEXT,
            "a Host with a path": head(host=b"Host: x/smuggled") + NEXT,
            "a Host with a user": head(host=b"Host: evil@x") + NEXT,
            "a Host of two words": head(host=b"Host: x y") + NEXT,
            "a Host with an odd port": head(host=b"Host: x:8x") + NEXT,
            "a Host with half a bracket": head(host=b"Host: [::1") + NEXT,
            "a Host beyond ASCII": head(host=b"Host: \xff") + NEXT,
        },
    ),
]

# ── first lines ──


def _first(line: bytes, *lines: bytes, host: bytes = b"Host: x") -> bytes:
    return head(*lines, first=line, host=host) + NEXT


LINES = [
    *_cases(
        "3.2",
        {
            "absolute form": _first(b"GET http://other.test/path?q HTTP/1.1"),
            "absolute form without a path": _first(b"GET http://other.test HTTP/1.1"),
            "absolute form in capitals": _first(b"GET HTTP://OTHER.test/ HTTP/1.1"),
            "asterisk form": _first(b"OPTIONS * HTTP/1.1"),
            "a target with everything": _first(b"GET //a/../%2F;p=1/?q=[]{}|^&x HTTP/1.1"),
            "a URL in the path": _first(b"GET /http://other.test/ HTTP/1.1"),
        },
        2,
    ),
    *_cases(
        "3.2",
        {
            "authority form of GET": _first(b"GET other.test:80 HTTP/1.1"),
            "CONNECT": _first(b"CONNECT other.test:443 HTTP/1.1"),
            "CONNECT with a length": head(b"Content-Length: 4", first=b"CONNECT other.test:443 HTTP/1.1")
            + b"abcd"
            + NEXT,
            "asterisk form of GET": _first(b"GET * HTTP/1.1"),
            "another scheme": _first(b"GET ftp://other.test/ HTTP/1.1"),
            "user info": _first(b"GET http://a:b@other.test/ HTTP/1.1"),
            "absolute form without a host": _first(b"GET http:///path HTTP/1.1"),
            "a fragment alone": _first(b"GET #f HTTP/1.1"),
            "a fragment": _first(b"GET /a#b HTTP/1.1"),
            "a fragment behind a query": _first(b"GET /a?b#c HTTP/1.1"),
            "a fragment in absolute form": _first(b"GET http://other.test/b#c HTTP/1.1"),
            "a fragment behind a host": _first(b"GET http://other.test#c HTTP/1.1"),
            "a blank in the target": _first(b"GET /a b HTTP/1.1"),
            "a request in the target": _first(b"GET / HTTP/1.1\tX HTTP/1.1"),
            "a tab in the target": _first(b"GET /a\tb HTTP/1.1"),
            "NUL in the target": _first(b"GET /a\0b HTTP/1.1"),
            "a control character in the target": _first(b"GET /a\x01b HTTP/1.1"),
            "DEL in the target": _first(b"GET /a\x7fb HTTP/1.1"),
            "a bare CR in the target": _first(b"GET /a\rb HTTP/1.1"),
            "a form feed for a blank": _first(b"GET\x0c/ HTTP/1.1"),
            "a tab for a blank": _first(b"GET\t/ HTTP/1.1"),
            "no target": _first(b"GET HTTP/1.1"),
            "an empty target": _first(b"GET  HTTP/1.1"),
        },
    ),
    *_cases(
        "2.3",
        {
            "HTTP/0.9": b"GET /\r\n" + NEXT,
            "HTTP/0.9 spelled out": _first(b"GET / HTTP/0.9"),
            "HTTP/1.2": _first(b"GET / HTTP/1.2"),
            "HTTP/2.0": _first(b"GET / HTTP/2.0"),
            "HTTP/1": _first(b"GET / HTTP/1"),
            "HTTP/1.10": _first(b"GET / HTTP/1.10"),
            "HTTP/11.1": _first(b"GET / HTTP/11.1"),
            "http/1.1": _first(b"GET / http/1.1"),
            "HTTP/1,1": _first(b"GET / HTTP/1,1"),
            "HTTP /1.1": _first(b"GET / HTTP /1.1"),
            "a blank behind the version": _first(b"GET / HTTP/1.1 "),
            "words behind the version": _first(b"GET / HTTP/1.1 x"),
            "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + NEXT,
            "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + NEXT,
            "SOCKS": b"\x05\x01\x00" + NEXT,
            "a response": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + NEXT,
        },
    ),
    *_cases(
        "9.3", {"HTTP/1.0": _first(b"GET / HTTP/1.0"), "HTTP/1.0 without Host": _first(b"GET / HTTP/1.0", host=b"")}, 1
    ),
    *_cases("9.3", {"HTTP/1.0 that persists": _first(b"GET / HTTP/1.0", b"Connection: keep-alive")}, 2),
    *_cases(
        "9.6",
        {
            "close": _first(b"GET / HTTP/1.1", b"Connection: close"),
            "CLOSE": _first(b"GET / HTTP/1.1", b"Connection: CLOSE"),
        },
        1,
    ),
    *_cases(
        "3.1",
        {
            "an unknown method": _first(b"FETCH / HTTP/1.1"),
            "a method in small letters": _first(b"get / HTTP/1.1"),
            "a method in mixed letters": _first(b"Post / HTTP/1.1"),
            "a method with a control character": _first(b"GE\x01T / HTTP/1.1"),
            "a method in Latin-1": _first(b"G\xc9T / HTTP/1.1"),
            "no method": _first(b" / HTTP/1.1"),
            "a blank before the method": _first(b" GET / HTTP/1.1"),
            "a very long method": _first(b"G" * 70_000 + b" / HTTP/1.1"),
        },
    ),
    *_cases("3", {"two blanks before the version": _first(b"GET /a  HTTP/1.1")}, 2),
    *_cases(
        "2.2",
        {
            "empty lines before": b"\r\n\r\n" + _first(b"GET / HTTP/1.1"),
            "bare LFs before": b"\n\n" + _first(b"GET / HTTP/1.1"),
        },
        2,
    ),
    *_cases(
        "3",
        {name: _first(name.encode() + b" / HTTP/1.1") for name in ("PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")},
        2,
    ),
    *_cases("3", {"a path above the bound": _first(b"GET /" + b"a" * 140_000 + b" HTTP/1.1")}),
]

# ── several requests, and endings ──

_GOOD = head(b"Content-Length: 4") + b"good"
_UPGRADE = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")

SEQUENCES = [
    *_cases("9.3.2", {"three good ones": _GOOD + _chunked(chunk(b"good"), _LAST) + NEXT}, 3),
    *_cases(
        "9.3.2",
        {
            "good, then a length and chunked": _GOOD + head(_CHUNKED, b"Content-Length: 4") + _LAST + SMUGGLED,
            "good, then nonsense": _GOOD + b"\x00nonsense\r\n\r\n" + SMUGGLED,
            "good, then a bad chunk": _GOOD + _chunked(b"zz\r\n", SMUGGLED),
            "good, then a folded line": _GOOD + head(b"X-A: b\r\n c") + SMUGGLED,
            "good, then too much": _GOOD + b"x" + SMUGGLED,
            "good, then an early close": _GOOD + head(b"Content-Length: 100") + SMUGGLED,
            "good, then half a head": _GOOD + SMUGGLED[:-2],
            "a body longer than its length": head(b"Content-Length: 2") + b"abcd" + SMUGGLED,
        },
        1,
    ),
    *_cases("9.3.2", {"two good ones around nothing": _GOOD + b"\r\n" + NEXT}, 2),
    *_cases(
        "9.6",
        {
            "half a first line": b"GET / HT",
            "half a head": SMUGGLED[:-2],
            "half a head and a CR": SMUGGLED[:-1],
            "half a chunk size": _chunked(b"1"),
            "a chunk size without a line end": _chunked(b"4\r"),
            "half a chunk": _chunked(b"8\r\nabcd"),
            "a chunk without its line end": _chunked(b"4\r\nabcd"),
            "chunks without the last": _chunked(chunk(SMUGGLED)),
            "half a last chunk": _chunked(chunk(SMUGGLED), b"0\r\n"),
            "half a trailer": _chunked(chunk(b"abcd"), b"0\r\nX-T: "),
        },
    ),
    *_cases(
        "10 7.8",
        {
            "h2c with a length": head(*_UPGRADE, b"Content-Length: %d" % len(SMUGGLED)) + SMUGGLED + NEXT,
            "h2c with chunks": head(*_UPGRADE, _CHUNKED) + chunk(SMUGGLED) + _LAST + NEXT,
            "h2c without a body": head(*_UPGRADE, first=b"GET / HTTP/1.1") + NEXT,
            "an upgrade that production refuses": head(
                b"Connection: Upgrade", b"Upgrade: websocket", first=b"GET / HTTP/1.1"
            )
            + NEXT,
            "an upgrade that Connection does not name": head(b"Upgrade: websocket", first=b"GET / HTTP/1.1") + NEXT,
            "a websocket with a length": head(
                b"Connection: Upgrade", b"Upgrade: websocket", b"Content-Length: %d" % len(SMUGGLED)
            )
            + SMUGGLED
            + NEXT,
        },
        2,
    ),
    *_cases(
        "10 7.6.1",
        {
            "Connection that names Host": _first(b"GET / HTTP/1.1", b"Connection: host"),
            "Connection that names credentials": _first(
                b"GET / HTTP/1.1", b"Connection: authorization", b"Authorization: a"
            ),
            "Connection of commas": _first(b"GET / HTTP/1.1", b"Connection: ,, ,close-not,"),
        },
        2,
    ),
    *_cases("10 10.1.1", {"100-continue": head(b"Expect: 100-continue", b"Content-Length: 4") + b"abcd" + NEXT}, 2),
]

CASES: dict[str, Case] = {
    case.name: case for group in (FRAMING, CHUNKS, TRAILERS, FIELDS, LINES, SEQUENCES) for case in group
}
