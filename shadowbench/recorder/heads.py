"""Start line and header lines of frames, as text. Pure.

The proxy's and the lanes' parser has accepted these heads already: every line is `name: value`. Names are compared without
case, values are decoded as Latin-1, which keeps any byte.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """A start line, and the header lines in the order they came."""

    start: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The first value of a header, `name` in lower case."""
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None

    def joined(self, name: str) -> str | None:
        """All values of a header joined by commas, as RFC 9110 §5.3 lets one read list headers."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(values) if values else None


def read_head_lines(head: bytes) -> Head:
    """Split a head. Lines without a colon are left out."""
    start, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Head(start, tuple((name.strip(), value.strip()) for name, colon, value in pairs if colon))


def method_and_path(start: str) -> tuple[str, str]:
    """Method and path, without the query, of a request line. An absolute-form target loses its scheme and host."""
    method, _, rest = start.partition(" ")
    target = rest.rpartition(" ")[0] or rest
    if target.startswith(("http://", "https://")):
        target = "/" + target.partition("://")[2].partition("/")[2]
    return method, target.partition("?")[0].partition("#")[0]


def status_of(start: str) -> int | None:
    """The status code of a status line."""
    code = start.split(" ", 2)[1:2]
    return int(code[0]) if code and code[0].isdigit() else None
