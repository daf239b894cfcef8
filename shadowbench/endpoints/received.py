"""Requests as a test server sees them: bytes in, whole requests out, every byte of the head kept as it came. Pure.

This is not the proxy's parser and shares nothing with it: what checks a parser must not be that parser.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_HEAD_BYTES = 256 * 1024


class BadRequestError(Exception):
    """The bytes are no HTTP/1.1 request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it arrived. `head` has its final blank line; `body` is de-chunked and still content-encoded."""

    head: bytes
    body: bytes

    @property
    def request_line(self) -> str:
        """The first line."""
        return self.head.partition(b"\r\n")[0].decode("latin-1")

    @property
    def method(self) -> str:
        """The first word of the request line."""
        return self.request_line.split(" ")[0]

    @property
    def target(self) -> str:
        """Path and query, verbatim."""
        return self.request_line.split(" ")[1]

    @property
    def path(self) -> str:
        """The target before its query."""
        return self.target.partition("?")[0]

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Header lines in order; names as sent."""
        return tuple(_header_lines(self.head))

    def header(self, name: str) -> str | None:
        """The first value of a header, by case-insensitive name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class RequestReader:
    """Feed it a connection's bytes; it gives whole requests, pipelined ones too.

    `awaits_continue` is true while a client that sent `Expect: 100-continue` holds its body back.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: bytes | None = None

    @property
    def awaits_continue(self) -> bool:
        """Whether the client waits for a 100 before it sends the body."""
        return self._head is not None and not self._buffer and b"100-continue" in self._head.lower()

    def feed(self, data: bytes) -> list[Received]:
        """The requests that `data` completes. Raises BadRequestError."""
        self._buffer += data
        requests: list[Received] = []
        while (request := self._next()) is not None:
            requests.append(request)
        return requests

    def _next(self) -> Received | None:
        if self._head is None and not self._take_head():
            return None
        assert self._head is not None
        body = self._take_body(self._head)
        if body is None:
            return None
        head, self._head = self._head, None
        return Received(head=head, body=body)

    def _take_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BadRequestError("the head is too long")
            return False
        self._head = bytes(self._buffer[: end + 4])
        del self._buffer[: end + 4]
        if self._head.split(b"\r\n", 1)[0].count(b" ") != 2:
            raise BadRequestError("not a request line")
        return True

    def _take_body(self, head: bytes) -> bytes | None:
        fields = {name.lower(): value for name, value in _header_lines(head)}
        if "chunked" in fields.get("transfer-encoding", "").lower():
            return self._take_chunked()
        length = int(fields.get("content-length", "0"))
        if len(self._buffer) < length:
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _take_chunked(self) -> bytes | None:
        decoded = dechunk(bytes(self._buffer))
        if decoded is None:
            return None
        del self._buffer[: decoded.consumed]
        return decoded.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Dechunked:
    """A whole chunked body, and how many bytes it took on the wire."""

    body: bytes
    consumed: int


def dechunk(data: bytes) -> Dechunked | None:
    """Take the chunk framing off; None while the last chunk is not there. Raises BadRequestError."""
    parts: list[bytes] = []
    at = 0
    while (line_end := data.find(b"\r\n", at)) >= 0:
        try:
            size = int(data[at:line_end].split(b";")[0], 16)
        except ValueError:
            raise BadRequestError(f"not a chunk size: {data[at:line_end][:20]!r}") from None
        start = line_end + 2
        if size == 0:
            return _after_last_chunk(data, start, b"".join(parts))
        if len(data) < start + size + 2:
            return None
        parts.append(data[start : start + size])
        at = start + size + 2
    return None


def _after_last_chunk(data: bytes, at: int, body: bytes) -> Dechunked | None:
    """Skip the trailers, up to the empty line."""
    while (line_end := data.find(b"\r\n", at)) >= 0:
        if line_end == at:
            return Dechunked(body=body, consumed=at + 2)
        at = line_end + 2
    return None


def _header_lines(head: bytes) -> list[tuple[str, str]]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return [(name, value.strip()) for name, _, value in pairs]
