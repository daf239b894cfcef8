"""HTTP/1.1 messages in a buffer: strict, small and without any library, so that nothing is put right on the way. Pure."""

from __future__ import annotations

from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]


class BadMessageError(ValueError):
    """Bytes that are no HTTP/1.1 message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a message, with its names and values as they were spelled."""

    line: bytes
    headers: Headers
    size: int  # with the blank line

    def get(self, name: bytes) -> bytes | None:
        """The first value of a header, whatever the spelling of its name."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def all(self, name: bytes) -> list[bytes]:
        """All values of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def names(self) -> set[bytes]:
        """Lower-cased."""
        return {name.lower() for name, _ in self.headers}

    @property
    def status(self) -> int:
        """Of a response."""
        try:
            return int(self.line.split(b" ")[1])
        except (IndexError, ValueError):
            raise BadMessageError(f"no status line: {self.line[:60]!r}") from None

    @property
    def is_chunked(self) -> bool:
        return (self.get(b"transfer-encoding") or b"").lower() == b"chunked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A whole body: what it says, and how much of the buffer it took."""

    data: bytes
    size: int
    framing: str  # none | length | chunked | close


def head_of(buffer: bytes) -> Head | None:
    """The head at the start of a buffer; None while it is not whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    line, *lines = bytes(buffer[:end]).split(b"\r\n")
    headers = []
    for one in lines:
        name, colon, value = one.partition(b":")
        if not colon:
            raise BadMessageError(f"no header: {one[:60]!r}")
        headers.append((name, value.strip(b" \t")))
    return Head(line=line, headers=tuple(headers), size=end + 4)


def request_body(head: Head, rest: bytes) -> Body | None:
    """The body of a request; None while it is not whole."""
    if head.is_chunked:
        return dechunked(rest)
    return _counted(rest, int(head.get(b"content-length") or 0))


def response_body(head: Head, rest: bytes, *, ended: bool, is_head: bool) -> Body | None:
    """The body of a response; None while it is not whole. `ended`: the peer closed in order."""
    if is_head or head.status in (204, 304):
        return Body(data=b"", size=0, framing="none")
    if head.is_chunked:
        return dechunked(rest)
    length = head.get(b"content-length")
    if length is not None:
        return _counted(rest, int(length))
    return Body(data=bytes(rest), size=len(rest), framing="close") if ended else None


def dechunked(rest: bytes) -> Body | None:
    """A chunked body with its trailers; None while its end has not come."""
    data = bytearray()
    at = 0
    while True:
        end = rest.find(b"\r\n", at)
        if end < 0:
            return None
        size = _chunk_size(rest[at:end])
        at = end + 2
        if size == 0:
            return _after_last_chunk(bytes(data), rest, at)
        if len(rest) < at + size + 2:
            return None
        data += rest[at : at + size]
        if rest[at + size : at + size + 2] != b"\r\n":
            raise BadMessageError("a chunk does not end where it says")
        at += size + 2


def chunks_so_far(rest: bytes) -> bytes:
    """The payload of the whole and half chunks that are there."""
    data = bytearray()
    at = 0
    while (end := rest.find(b"\r\n", at)) >= 0:
        size = _chunk_size(rest[at:end])
        data += rest[end + 2 : end + 2 + size]
        at = end + 2 + size + 2
    return bytes(data)


def _chunk_size(line: bytes) -> int:
    try:
        return int(bytes(line).split(b";")[0], 16)
    except ValueError:
        raise BadMessageError(f"no chunk size: {bytes(line)[:40]!r}") from None


def _after_last_chunk(data: bytes, rest: bytes, at: int) -> Body | None:
    if rest[at : at + 2] == b"\r\n":
        return Body(data=data, size=at + 2, framing="chunked")
    end = rest.find(b"\r\n\r\n", at)
    return None if end < 0 else Body(data=data, size=end + 4, framing="chunked")


def _counted(rest: bytes, length: int) -> Body | None:
    if len(rest) < length:
        return None
    return Body(data=bytes(rest[:length]), size=length, framing="length" if length else "none")


# ── writing ──


def message(line: str, headers: tuple[tuple[str, str], ...], body: bytes = b"") -> bytes:
    """A message on the wire, exactly as given."""
    lines = [line, *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def response(status: int, body: bytes = b"", *headers: tuple[str, str], kind: str = "application/json") -> bytes:
    """A response with its length."""
    length = () if status in (204, 304) else (("Content-Length", str(len(body))),)
    typed = (("Content-Type", kind),) if kind else ()
    return message(f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}", (*typed, *headers, *length), body)


def stream_head(*headers: tuple[str, str], kind: str = "text/event-stream") -> bytes:
    """The head of a chunked answer."""
    return message("HTTP/1.1 200 OK", (("Content-Type", kind), *headers, ("Transfer-Encoding", "chunked")))


def chunk(data: bytes) -> bytes:
    """One chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
_REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 302: "Found", 304: "Not Modified"}
