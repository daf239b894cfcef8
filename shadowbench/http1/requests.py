"""A request: its head, whether it is one that we forward, and what its handler is told of it. Pure.

The parser (llhttp, strict) refuses most of what is malformed or ambiguous; what it leaves to us is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shadowbench.http1 import heads
from shadowbench.http1.heads import MessageHead, Refusal

_HASH: Final = 0x23  # an integer: to look for b"#" takes four times as long


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """Bounds of what a client may make us hold and wait for. Seconds and bytes."""

    max_head_bytes: int = 131072
    max_headers: int = 256
    head_timeout_s: float = 30.0
    body_timeout_s: float = 60.0
    idle_s: float = 300.0


class RequestHead(MessageHead):
    """One request's head. Of its fields the place of Host is kept: `host_at` is the index of its value, -1 without one."""

    __slots__ = ("has_body", "host_at", "hosts", "http10", "keep_alive", "marker", "method", "path")

    def __init__(self) -> None:
        super().__init__()
        self.method = b""
        self.path = b""
        self.hosts = 0
        self.host_at = -1
        self.has_body = False
        self.http10 = False
        self.keep_alive = True
        self.marker: bytes | None = None

    def special(self, kind: int, name: bytes, value: bytes) -> None:
        """See `MessageHead.special`."""
        if kind == heads.HOST:
            self.hosts += 1
            self.host_at = len(self.fields) + 2
        elif kind == heads.MARKER:
            self.marker = value
        super().special(kind, name, value)


def judge(head: RequestHead, version: str, options: ServerOptions, may_be_large: bool) -> Refusal | None:
    """What the parser lets pass and we do not; fills in what the head's lines mean together.

    `may_be_large`: the read it came in does not already bound its size.
    """
    if version != "1.1":
        if version != "1.0":
            return Refusal(505, "http_version", f"HTTP/{version} is not spoken here, HTTP/1.1 is")
        head.http10 = True
    bound = options.max_head_bytes
    if may_be_large and sum(map(len, head.fields)) + len(head.path) > bound:
        return Refusal(431, "head_too_large", f"the request head is above {bound} bytes")
    if len(head.fields) > 4 * options.max_headers:
        return Refusal(431, "too_many_headers", f"more than {options.max_headers} header lines")
    if head.hosts != 1 and (head.hosts > 1 or not head.http10):
        return Refusal(400, "host", "a request needs exactly one Host header")
    if head.host_at >= 0 and not heads.is_host(head.fields[head.host_at]) and not _is_host_before_blanks(head):
        return Refusal(400, "host", "the Host header names no host")
    if head.method == b"CONNECT":
        return Refusal(400, "connect", "CONNECT is not offered here")
    if head.coding is not None:
        if head.http10:
            return Refusal(400, "transfer_encoding", "Transfer-Encoding does not exist in HTTP/1.0")
        if not heads.is_chunked(head.coding):
            return Refusal(501, "transfer_encoding", "the only transfer coding understood here is chunked")
        head.chunked = head.has_body = True
    elif head.length is not None:
        if len(head.length) > heads.SURELY_COUNTABLE and heads.is_beyond_counting(head.length):
            return Refusal(400, "content_length", "a Content-Length may be 9223372036854775807 at most")
        head.has_body = head.length.strip(b"0") != b""
    if _HASH in head.path:
        # No form of a target has a fragment (RFC 9112 section 3.2), and servers differ on whether one ends the path.
        return Refusal(400, "bad_target", "a request target has no fragment: write # as %23")
    if head.path[:1] != b"/":
        return _to_origin_form(head)
    return None


def _is_host_before_blanks(head: RequestHead) -> bool:
    """Whether blanks behind it were all that was wrong with Host: they are no part of a value (RFC 9112 section 5), and go."""
    host = head.fields[head.host_at].rstrip(b" \t")
    head.fields[head.host_at] = host
    return heads.is_host(host)


def _to_origin_form(head: RequestHead) -> Refusal | None:
    target = heads.origin_form(head.method, head.path)
    if isinstance(target, Refusal):
        return target
    head.path = target.path
    if target.authority is not None:
        if not heads.is_host(target.authority):
            return Refusal(400, "bad_target", "the request target names no host")
        # RFC 9112 section 3.2.2: the authority of an absolute form replaces Host.
        if head.host_at < 0:
            head.host_at = len(head.fields) + 2
            head.fields += b"Host", b": ", b"", b"\r\n"
        head.fields[head.host_at] = target.authority
    return None


def expects_continue(head: RequestHead) -> bool:
    """Whether the client may wait for 100 before it sends the body (RFC 9110 section 10.1.1)."""
    expected = heads.find_field(head.fields, b"expect")
    return expected is not None and not head.http10 and expected.strip(b" \t").lower() == b"100-continue"


def apply_connection(head: RequestHead) -> None:
    """Obey the head's Connection fields: what they nominate goes, and an upgrade is asked for only if they say so."""
    if head.connection is None:
        head.upgrade = None  # no upgrade without `Connection: Upgrade` (RFC 9110 section 7.8)
        return
    options = heads.connection_options(head.connection)
    ignored = head.http10 or head.has_body or (head.upgrade or b"").lower().startswith(b"h2c")
    # llhttp sees no upgrade in an empty field either, and parses what comes behind as the next request.
    if ignored or not head.upgrade or b"upgrade" not in options:
        head.upgrade = None
    if not options <= heads.PLAIN_OPTIONS:
        kept = heads.without_nominated(head.fields, options)
        if len(kept) != len(head.fields):
            head.fields = kept
            _find_again(head)


def _find_again(head: RequestHead) -> None:
    """Indices moved: nominated fields were taken out."""
    head.host_at, head.credentials_at, head.marker = -1, None, None
    for at in range(0, len(head.fields), 4):
        kind = heads.kind_of(head.fields[at])
        if kind == heads.HOST:
            head.host_at = at + 2
        elif kind == heads.CREDENTIAL:
            head.credentials_at = [*(head.credentials_at or []), at + 2]
        elif kind == heads.MARKER:
            head.marker = head.fields[at + 2]
