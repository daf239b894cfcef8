"""Start line and header lines of frames, as text. Pure.

The proxy's and the lanes' parser has accepted these heads already: every line is `name: value`. Names are compared without
case, values are decoded as Latin-1, which keeps any byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

# Clients send the same lines for ever, but for one or two. Longer ones (cookies) are not worth their memory.
_REMEMBERED_LINES = 1024
_LONGEST_REMEMBERED = 128


@dataclass(frozen=True, slots=True)
class Head:
    """A start line, and the header lines in the order they came."""

    start: str
    headers: tuple[tuple[str, str], ...]
    lower_names: tuple[str, ...] = field(repr=False, compare=False)  # of `headers`, to look up by

    def get(self, name: str) -> str | None:
        """The first value of a header, `name` in lower case."""
        names = self.lower_names
        return self.headers[names.index(name)][1] if name in names else None

    def joined(self, name: str) -> str | None:
        """All values of a header joined by commas, as RFC 9110 §5.3 lets one read list headers."""
        if name not in self.lower_names:
            return None
        pairs = zip(self.lower_names, self.headers, strict=True)
        return ", ".join(header[1] for lower, header in pairs if lower == name)


class ResponseHead:
    """A response's status, and header values looked up one by one: only a few are ever asked for."""

    __slots__ = ("_head", "_lower", "status")

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._lower = head.lower()
        self.status = status_of(head)

    def get(self, name: bytes) -> str | None:
        """The first value of a header, `name` in lower case."""
        line = b"\r\n" + name + b":"
        begin = self._lower.find(line)
        return None if begin < 0 else self._value(line, begin)[0]

    def joined(self, name: bytes) -> str | None:
        """All values of a header joined by commas, as RFC 9110 §5.3 lets one read list headers."""
        line = b"\r\n" + name + b":"
        begin = self._lower.find(line)
        if begin < 0:  # nearly always
            return None
        values = []
        while begin >= 0:
            value, end = self._value(line, begin)
            values.append(value)
            begin = self._lower.find(line, end)
        return ", ".join(values)

    def _value(self, line: bytes, begin: int) -> tuple[str, int]:
        """The value after `line`, which stands at `begin`, and where it ends."""
        end = self._head.find(b"\r\n", begin + 2)
        end = len(self._head) if end < 0 else end
        return self._head[begin + len(line) : end].decode("latin-1").strip(), end


def read_head_lines(head: bytes) -> Head:
    """Split a head. Lines without a colon are left out."""
    start, *lines = head.decode("latin-1").split("\r\n")
    read = [_known_line(line) if len(line) <= _LONGEST_REMEMBERED else _line(line) for line in lines if ":" in line]
    return Head(start, tuple([header for header, _ in read]), tuple([lower for _, lower in read]))


def _line(line: str) -> tuple[tuple[str, str], str]:
    """Name and value of a header line, and the name in lower case."""
    name, _, value = line.partition(":")
    name = name.strip()
    return (name, value.strip()), name.lower()


_known_line = lru_cache(maxsize=_REMEMBERED_LINES)(_line)


def method_and_path(start: str) -> tuple[str, str]:
    """Method and path, without the query, of a request line. An absolute-form target loses its scheme and host."""
    method, _, rest = start.partition(" ")
    target = rest.rpartition(" ")[0] or rest
    if target.startswith(("http://", "https://")):
        target = "/" + target.partition("://")[2].partition("/")[2]
    return method, target.partition("?")[0].partition("#")[0]


def status_of(head: bytes) -> int | None:
    """The status code of a head's status line."""
    code = head[9:12]
    return int(code) if code.isdigit() else None
