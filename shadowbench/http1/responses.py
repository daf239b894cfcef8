"""A response: its head, and whether it is one that we say on. Pure.

The parser (llhttp) takes more than HTTP/1.1 allows to be said; what it leaves to us is here.
"""

from __future__ import annotations

import re
from typing import Final

from shadowbench.http1 import heads

_KEEP_ALIVE: Final = [b"keep-alive"]  # what most origins say, and it nominates nothing
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class ResponseHead:
    """A response head. `fields` is flat as in `RequestHead`: no hop-by-hop fields, no framing except Content-Length."""

    __slots__ = (
        "chunked",
        "coding",
        "connection",
        "credentials_at",
        "fields",
        "keep_alive_s",
        "length",
        "persists",
        "reason",
        "status",
        "upgrade",
    )

    def __init__(self) -> None:
        self.status = 0
        self.reason = b""
        self.fields: list[bytes] = []
        self.length: bytes | None = None
        self.coding: bytes | None = None  # Transfer-Encoding as received
        self.chunked = False
        self.persists = False
        self.upgrade: bytes | None = None
        self.connection: list[bytes] | None = None
        self.credentials_at: list[int] | None = None  # indices of values to hash in copies
        self.keep_alive_s: float | None = None  # how long the origin promises to wait for another request

    @property
    def lines(self) -> bytes:
        """Status line and fields, each with CRLF, without the empty line."""
        fields = b"".join(self.fields)
        if self.status == 200 and self.reason == b"OK":
            return b"HTTP/1.1 200 OK\r\n" + fields
        return b"HTTP/1.1 %d %b\r\n%b" % (self.status, self.reason, fields)

    def special(self, kind: int, name: bytes, value: bytes) -> None:
        """Take a header line whose name means something at this hop."""
        if kind == heads.CONNECTION:
            if self.connection is None:
                self.connection = []
            self.connection.append(value)
            return
        if kind == heads.CODING:
            self.coding = value if self.coding is None else self.coding + b", " + value
            return
        if kind == heads.UPGRADE:
            self.upgrade = value
            return
        if kind == heads.KEEP_ALIVE:
            self.keep_alive_s = promised_idle(value)
            return
        if kind == heads.LENGTH:
            self.length = value
        elif kind == heads.CREDENTIAL or kind == heads.MARKER:
            if self.credentials_at is None:
                self.credentials_at = []
            self.credentials_at.append(len(self.fields) + 2)
        elif kind != heads.HOST:
            return
        self.fields += name, b": ", value, b"\r\n"


def judge(head: ResponseHead, version: str) -> bool:
    """Whether a head that the parser lets pass may be said on as HTTP/1.1; fills in what its lines mean together.

    llhttp takes versions 0.9 and 2.0, lengths that others cannot count, and any byte in a reason but CR and LF, where RFC 9112
    section 4 knows visible characters, blanks, tabs, and bytes above 127.
    """
    if version not in ("1.1", "1.0") or (head.reason != b"OK" and _CONTROL.search(head.reason) is not None):
        return False
    length = head.length
    if length is not None and len(length) > heads.SURELY_COUNTABLE and heads.is_beyond_counting(length):
        return False
    if head.connection is not None and head.connection != _KEEP_ALIVE:
        _drop_nominated(head, head.connection)
    if head.status < 200:
        return head.status == 101 or _is_without_content(head)
    if head.coding is not None:
        if version != "1.1" or not heads.is_chunked(head.coding):
            return False
        head.chunked = head.status != 204
    return True


def _drop_nominated(head: ResponseHead, connection: list[bytes]) -> None:
    options = heads.connection_options(connection)
    if options <= heads.PLAIN_OPTIONS:
        return
    kept = heads.without_nominated(head.fields, options)
    if len(kept) != len(head.fields):
        head.fields = kept
        marked = (heads.CREDENTIAL, heads.MARKER)
        at = [i + 2 for i in range(0, len(kept), 4) if heads.kind_of(kept[i]) in marked]
        head.credentials_at = at or None


def _is_without_content(head: ResponseHead) -> bool:
    """Whether an interim response announces no content, as it must not (RFC 9112 section 6.3).

    llhttp knows that of 100 to 103 alone and would tell what an origin puts behind another: bytes that the client might take
    for the final response.
    """
    if head.status < 100 or head.coding is not None:
        return False
    if head.length is not None:
        if head.length.strip(b"0 \t"):
            return False
        # Of 0; not everybody downstream knows that it means nothing.
        head.fields = heads.without_field(head.fields, b"content-length")
    return True


def promised_idle(value: bytes) -> float | None:
    """The seconds of `Keep-Alive: timeout=5, max=100`."""
    for part in value.lower().split(b","):
        name, _, number = part.strip().partition(b"=")
        if name.strip() == b"timeout" and number.strip().isdigit():
            return float(number.strip()[:6])
    return None
