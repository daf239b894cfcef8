"""A request's start line and header lines as OPEN frames carry them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shadowbench.errors import ProtocolError
from shadowbench.making import maker_of

# Fields that may be repeated and then mean one list (RFC 9110 section 5.3). Of others the first counts.
_LISTS = frozenset({b"accept", b"anthropic-beta", b"content-encoding"})


class RequestHead(NamedTuple):
    """What the mirror reads of a head."""

    method: str
    path: str  # without the query
    query: bytes  # with its "?", or empty
    headers: Mapping[bytes, bytes]  # names in lower case; values as the proxy wrote them, for they may be hashed

    def get(self, name: bytes) -> bytes | None:
        """The value of the header with this lower-case name, without blanks around it."""
        value = self.headers.get(name)
        return value.strip(b" \t") if value is not None else None


_request_head = maker_of(RequestHead)


def parse_head(head: bytes) -> RequestHead:
    """Read a head that a proxy has already parsed and accepted. Raises ProtocolError on what no proxy writes."""
    start, *lines = head.removesuffix(b"\r\n").split(b"\r\n")
    parts = start.split(b" ")
    if len(parts) != 3:
        raise ProtocolError("an exchange opens without a request line")
    fields = [line.partition(b": ") for line in lines]
    headers = {name.lower(): value for name, colon, value in fields if colon}
    if len(headers) != len(fields):
        headers = _first_or_joined(fields)
    path, mark, query = parts[1].partition(b"?")
    return _request_head(parts[0].decode("latin-1"), path.decode("latin-1"), mark + query, headers)


def _first_or_joined(fields: Iterable[tuple[bytes, bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers of a head that repeats some of them."""
    headers: dict[bytes, bytes] = {}
    for name, colon, value in fields:
        name = name.lower()
        if not colon:
            continue
        if name not in headers:
            headers[name] = value
        elif name in _LISTS:
            headers[name] += b", " + value
    return headers
