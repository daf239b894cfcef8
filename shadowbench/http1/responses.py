"""A response: its head, and whether it is one that we say on. Pure.

The parser (llhttp) takes more than HTTP/1.1 allows to be said; what it leaves to us is here.
"""

from __future__ import annotations

import re
from typing import Final

from shadowbench.http1 import heads
from shadowbench.http1.heads import MessageHead

_KEEP_ALIVE: Final = [b"keep-alive"]  # what most origins say, and it nominates nothing
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class ResponseHead(MessageHead):
    """One response's head. Of framing its fields have Content-Length alone."""

    __slots__ = ("keep_alive_s", "persists", "reason", "status")

    def __init__(self) -> None:
        super().__init__()
        self.status = 0
        self.reason = b""
        self.persists = False
        self.keep_alive_s: float | None = None  # how long the origin promises to wait for another request

    @property
    def lines(self) -> bytes:
        """Status line and fields, each with CRLF, without the empty line."""
        fields = b"".join(self.fields)
        if self.status == 200 and self.reason == b"OK":
            return b"HTTP/1.1 200 OK\r\n" + fields
        return b"HTTP/1.1 %d %b\r\n%b" % (self.status, self.reason, fields)

    def special(self, kind: int, name: bytes, value: bytes) -> None:
        """See `MessageHead.special`. A marker that comes back is nobody's loop, and hashed like a credential."""
        if kind == heads.KEEP_ALIVE:
            self.keep_alive_s = promised_idle(value)
        super().special(heads.CREDENTIAL if kind == heads.MARKER else kind, name, value)


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
