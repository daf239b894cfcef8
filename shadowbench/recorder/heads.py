"""Start line and header lines of frames, as text. Pure.

The proxy's and the lanes' parser has accepted these heads already: every line is `name: value`. Names are compared without
case, values are decoded as Latin-1, which keeps any byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field


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


def read_head_lines(head: bytes) -> Head:
    """Split a head. Lines without a colon are left out."""
    start, *lines = head.decode("latin-1").split("\r\n")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip(), value.strip()))
    return Head(start, tuple(headers), tuple([name.lower() for name, _ in headers]))


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
