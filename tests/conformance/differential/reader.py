"""HTTP/1.1 messages in bytes, read as RFC 9112 writes them and no other way. Pure, and in no debt to any parser we ship.

Where the RFC lets a recipient be lenient, this reader is not: a message that two recipients could read differently is
`Malformed`. What cannot move a message's end is let pass, for peers send it: bytes above 127 in a target; anything printable in
a chunk extension, or blanks in its place; line ends before a request; several blanks in its first line; a status line that
ends with its status.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

# Forwarded as it is, to recipients that count in signed 64 bits (RFC 9112 section 6.3 wants overflows handled). Chunks are not.
MAX_LENGTH = 2**63 - 1
MAX_CHUNK = 2**64 - 1

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") +([\x21-\x7e\x80-\xff]+) +HTTP/([0-9])\.([0-9])")
_STATUS_LINE = re.compile(rb"HTTP/([0-9])\.([0-9]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")
_FIELD = re.compile(
    rb"(" + _TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*"
)
# RFC 3986 section 3.2.2: an address in brackets or a name, which may be empty; then, perhaps, a port.
_HOST = re.compile(rb"(?:\[[0-9A-Za-z:.%~_-]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?")
_DIGITS = re.compile(rb"[0-9]+")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+) *(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request or a response, or as much of one as is there. `first` are the parts of its first line."""

    first: tuple[bytes, ...]  # method, target, version | version, status, reason
    fields: Fields
    framing: str  # none | length | chunked | close
    body: bytes
    trailers: Fields = ()
    end: int = 0  # index behind its last byte

    def values(self, name: bytes) -> list[bytes]:
        """The values of a field, by its lower-case name."""
        return [value for key, value in self.fields if key.lower() == name]

    @property
    def status(self) -> int:
        return int(self.first[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The bytes end within a message. `open` is what a reader would know of it by then: its head, and its body so far."""

    open: Message | None = None
    has_bytes: bool = True  # False: they end between two messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """No reader may guess what follows. `open` as in `Cut`."""

    why: str
    at: int
    open: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What one connection carried: whole messages, then how it ended."""

    messages: tuple[Message, ...]
    rest: Cut | Malformed


class _Bad(Exception):
    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.why, self.at = why, at


class _End(Exception):
    """The bytes are over."""


def read_requests(data: bytes) -> Transcript:
    """All requests that a client sent over one connection. Line ends before a request are ignored (RFC 9112 section 2.2)."""
    messages: list[Message] = []
    at = 0
    while True:
        while data[at : at + 1] in (b"\r", b"\n"):
            at += 1
        read = read_request(data, at)
        if not isinstance(read, Message):
            return Transcript(messages=tuple(messages), rest=read)
        messages.append(read)
        at = read.end


def read_request(data: bytes, at: int = 0) -> Message | Cut | Malformed:
    """The request that begins at `at`."""
    return _Reading(data, at).request()


def read_responses(data: bytes, methods: list[bytes], *, at_end: bool = True, skipped: bytes = b"") -> Transcript:
    """All responses to requests with these methods, in order; interim ones stand for themselves among them.

    `skipped`: bytes that this reader passes over before a response.
    """
    messages: list[Message] = []
    waiting = list(methods)
    at = 0
    while waiting:
        while data[at : at + 1] and data[at] in skipped:
            at += 1
        read = _Reading(data, at).response(waiting[0], at_end)
        if not isinstance(read, Message):
            return Transcript(messages=tuple(messages), rest=read)
        messages.append(read)
        at = read.end
        if read.status >= 200 or read.status == 101:
            waiting.pop(0)
    if at < len(data):
        return Transcript(messages=tuple(messages), rest=Malformed(why="bytes that answer nothing", at=at))
    return Transcript(messages=tuple(messages), rest=Cut(has_bytes=False))


class _Reading:
    """One message, from `at` on."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at, self.began = data, at, at
        self.first: tuple[bytes, ...] = ()
        self.fields: Fields = ()
        self.framing: str | None = None
        self.body: list[bytes] = []

    def request(self) -> Message | Cut | Malformed:
        return self._guarded(self._request)

    def response(self, method: bytes, at_end: bool) -> Message | Cut | Malformed:
        return self._guarded(lambda: self._response(method, at_end))

    def _guarded(self, read: Callable[[], Message]) -> Message | Cut | Malformed:
        try:
            return read()
        except _End:
            return Cut(open=self._open(), has_bytes=self.began < len(self.data))
        except _Bad as bad:
            return Malformed(why=bad.why, at=bad.at, open=self._open())

    def _open(self) -> Message | None:
        return None if self.framing is None else self._message()

    def _message(self, trailers: Fields = ()) -> Message:
        assert self.framing is not None
        return Message(
            first=self.first,
            fields=self.fields,
            framing=self.framing,
            body=b"".join(self.body),
            trailers=trailers,
            end=self.at,
        )

    # ── heads ──

    def _request(self) -> Message:
        line = self._line()
        found = _REQUEST_LINE.fullmatch(line)
        if found is None:
            raise _Bad("request line (3)", self.began)
        method, target, major, minor = found.groups()
        if major != b"1" or minor not in b"01":
            raise _Bad("version (2.3)", self.began)
        self.first = (method, target, major + b"." + minor)
        self.fields = self._field_lines()
        self._check_host(minor)
        framing = self._framing(minor)
        return self._with_body(framing or ("none", 0))

    def _response(self, method: bytes, at_end: bool) -> Message:
        line = self._line(what="status line (4)")
        found = _STATUS_LINE.fullmatch(line)
        if found is None:
            raise _Bad("status line (4)", self.began)
        major, minor, status, reason = found.groups()
        if major != b"1" or minor not in b"01":
            raise _Bad("version (2.3)", self.began)
        self.first = (major + b"." + minor, status, reason or b"")
        self.fields = self._field_lines()
        if method == b"HEAD" or status in (b"204", b"304") or status < b"200":
            return self._with_body(("none", 0))  # whatever it announces (RFC 9112 section 6.3, rule 1)
        framing = self._framing(minor)
        if framing is not None:
            return self._with_body(framing)
        self.framing = "close"
        self.body.append(self.data[self.at :])
        self.at = len(self.data)
        if not at_end:
            raise _End
        return self._message()

    def _field_lines(self) -> Fields:
        fields = []
        while line := self._line():
            found = _FIELD.fullmatch(line)
            if found is None:
                raise _Bad(f"field line {line[:40]!r} (5)", self.at)
            fields.append((found[1], found[2]))
        return tuple(fields)

    def _line(self, *, what: str = "bare CR, LF or NUL (2.2)") -> bytes:
        end = self.data.find(b"\r\n", self.at)
        line = self.data[self.at : end if end >= 0 else len(self.data)]
        if end < 0:
            line = line.removesuffix(b"\r")
        for control in (b"\r", b"\n", b"\0"):
            if control in line:
                raise _Bad(what, self.at)
        if end < 0:
            raise _End
        self.at = end + 2
        return line

    def _check_host(self, minor: bytes) -> None:
        hosts = [value for name, value in self.fields if name.lower() == b"host"]
        if len(hosts) > 1 or (not hosts and minor == b"1"):
            raise _Bad("not one Host (3.2)", self.began)
        if hosts and not _HOST.fullmatch(hosts[0]):
            raise _Bad("Host value (3.2)", self.began)

    def _framing(self, minor: bytes) -> tuple[str, int] | None:
        """RFC 9112 section 6.3, less the repairs it allows."""
        lengths = [value for name, value in self.fields if name.lower() == b"content-length"]
        codings = [value.lower() for name, value in self.fields if name.lower() == b"transfer-encoding"]
        if lengths and codings:
            raise _Bad("Content-Length and Transfer-Encoding (6.3)", self.began)
        if len(lengths) > 1 or (lengths and not _DIGITS.fullmatch(lengths[0])):
            raise _Bad("Content-Length (6.3)", self.began)
        if codings and (codings != [b"chunked"] or minor == b"0"):
            raise _Bad("Transfer-Encoding (6.1)", self.began)
        if codings:
            return "chunked", 0
        if lengths and (len(lengths[0]) > 400 or int(lengths[0]) > MAX_LENGTH):
            raise _Bad("Content-Length beyond counting (6.3)", self.began)
        return ("length", int(lengths[0])) if lengths else None

    # ── bodies ──

    def _with_body(self, framing: tuple[str, int]) -> Message:
        self.framing, length = framing
        if self.framing == "chunked":
            return self._message(self._chunks())
        self._take(length)
        return self._message()

    def _take(self, length: int) -> None:
        self.body.append(self.data[self.at : self.at + length])
        missing = length - len(self.body[-1])
        self.at += length - missing
        if missing:
            raise _End

    def _chunks(self) -> Fields:
        while size := self._chunk_size():
            self._take(size)
            end = self.data[self.at : self.at + 2]
            if end != b"\r\n"[: len(end)]:
                raise _Bad("chunk data longer than its size (7.1)", self.at)
            if len(end) < 2:
                raise _End
            self.at += 2
        return self._field_lines()

    def _chunk_size(self) -> int:
        line = self._line()
        found = _CHUNK_LINE.fullmatch(line)
        if found is None:
            raise _Bad(f"chunk line {line[:40]!r} (7.1)", self.at)
        size = int(found[1], 16)
        if size > MAX_CHUNK:
            raise _Bad("chunk size beyond counting (7.1)", self.at)
        return size
