"""What becomes of each header line between two HTTP/1.1 connections. Pure.

RFC 9110 section 7.6.1 and RFC 9112 section 9: connection-level fields end at each hop, framing fields are written anew, all
others pass in their order and spelling.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from shadowbench.keyed import CREDENTIAL_HEADERS, MARKER_HEADER, is_credential

# Kinds of header names. Plain integers: one is looked up for every header line of every message.
PLAIN: Final = 0
HOP: Final = 1  # dropped at this hop
HOST: Final = 2
LENGTH: Final = 3
CODING: Final = 4  # transfer-encoding
CONNECTION: Final = 5
UPGRADE: Final = 6
CREDENTIAL: Final = 7  # forwarded, but hashed in copies
MARKER: Final = 8
KEEP_ALIVE: Final = 9

_BY_NAME: Final = {
    b"proxy-connection": HOP,
    b"te": HOP,
    b"trailer": HOP,
    b"http2-settings": HOP,
    b"host": HOST,
    b"content-length": LENGTH,
    b"transfer-encoding": CODING,
    b"connection": CONNECTION,
    b"upgrade": UPGRADE,
    b"keep-alive": KEEP_ALIVE,
    **dict.fromkeys(CREDENTIAL_HEADERS, CREDENTIAL),
    # Meant for a proxy on the way, which we are not: they end here, like the other hop-by-hop fields.
    b"proxy-authorization": HOP,
    b"proxy-authenticate": HOP,
    MARKER_HEADER: MARKER,
}

# Names as spelled on the wire → kind, so that the common ones need no lower(). Clients choose spellings: bounded.
_SPELLINGS: dict[bytes, int] = {}
_MAX_SPELLINGS: Final = 4096
_MAX_SPELLING_BYTES: Final = 64


known_kind: Final = _SPELLINGS.get
"""The kind of a spelling seen before, or None: for callers that cannot afford a Python call per header line."""


def kind_of(name: bytes) -> int:
    """The kind of a header name in any spelling."""
    kind = known_kind(name)
    if kind is None:
        lower = name.lower()
        kind = _BY_NAME.get(lower, CREDENTIAL if is_credential(lower) else PLAIN)
        if len(_SPELLINGS) < _MAX_SPELLINGS and len(name) <= _MAX_SPELLING_BYTES:
            _SPELLINGS[name] = kind
    return kind


class MessageHead:
    """What the heads of requests and responses have in common. `fields` is flat: name, ": ", value, CRLF, name, … without
    hop-by-hop fields and Transfer-Encoding."""

    __slots__ = ("chunked", "coding", "connection", "credentials_at", "fields", "length", "upgrade")

    def __init__(self) -> None:
        self.fields: list[bytes] = []
        self.length: bytes | None = None
        self.coding: bytes | None = None  # Transfer-Encoding as received
        self.chunked = False
        self.upgrade: bytes | None = None
        self.connection: list[bytes] | None = None
        self.credentials_at: list[int] | None = None  # indices of values to hash in copies

    def special(self, kind: int, name: bytes, value: bytes) -> None:
        """Take a header line whose name means something at this hop."""
        if kind == CONNECTION:
            if self.connection is None:
                self.connection = []
            self.connection.append(value)
        elif kind == CODING:
            self.coding = value if self.coding is None else self.coding + b", " + value
        elif kind == UPGRADE:
            self.upgrade = value
        elif kind != HOP and kind != KEEP_ALIVE:
            if kind == LENGTH:
                self.length = value
            elif kind == CREDENTIAL:
                if self.credentials_at is None:
                    self.credentials_at = []
                self.credentials_at.append(len(self.fields) + 2)
            self.fields += name, b": ", value, b"\r\n"


_OPTIONS: dict[bytes, frozenset[bytes]] = {}
_MAX_OPTIONS: Final = 256


def connection_options(values: list[bytes]) -> frozenset[bytes]:
    """The lower-case options of all Connection fields of a message."""
    joined = values[0] if len(values) == 1 else b",".join(values)
    options = _OPTIONS.get(joined)
    if options is None:
        options = frozenset(option for part in joined.lower().split(b",") if (option := part.strip()))
        if len(_OPTIONS) < _MAX_OPTIONS and len(joined) <= _MAX_SPELLING_BYTES:
            _OPTIONS[joined] = options
    return options


PLAIN_OPTIONS: Final = frozenset({b"keep-alive", b"close", b"upgrade"})  # these nominate no field


# A message may nominate fields for removal, but not those that say where it goes and where it ends.
_NEVER_NOMINATED: Final = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"close", b"keep-alive", b"upgrade"}
)


def without_nominated(fields: list[bytes], options: frozenset[bytes]) -> list[bytes]:
    """`fields` (name, ": ", value, CRLF, name, …) without the fields that Connection nominates."""
    nominated = options - _NEVER_NOMINATED
    if not nominated:
        return fields
    kept: list[bytes] = []
    for at in range(0, len(fields), 4):
        if fields[at].lower() not in nominated:
            kept += fields[at : at + 4]
    return kept


def without_field(fields: list[bytes], name: bytes) -> list[bytes]:
    """A flat field list without the fields of this lower-case name."""
    return [part for at in range(0, len(fields), 4) if fields[at].lower() != name for part in fields[at : at + 4]]


_MOST: Final = b"9223372036854775807"  # 2^63 - 1
SURELY_COUNTABLE: Final = 18  # a Content-Length of this many bytes is below it whatever its digits


def is_beyond_counting(length: bytes) -> bool:
    """Whether this Content-Length is above 2^63 - 1.

    llhttp counts to 2^64 - 1. A peer that counts in signed 64 bits, as most do, would read a negative length, and find another
    end of the message than we did (RFC 9112 section 6.3 asks to expect overflows).
    """
    digits = length.strip(b" \t").lstrip(b"0")
    return len(digits) > len(_MOST) or (len(digits) == len(_MOST) and digits > _MOST)


def find_field(fields: list[bytes], name: bytes) -> bytes | None:
    """The first value of the field with this lower-case name in a flat field list."""
    for at in range(0, len(fields), 4):
        if fields[at].lower() == name:
            return fields[at + 2]
    return None


def is_chunked(coding: bytes) -> bool:
    """Whether a message with this Transfer-Encoding, as received, is chunked and nothing more.

    Blanks behind it are no part of the value (RFC 9112 section 5). Nor is a tab, but llhttp takes what stands before one for
    another coding, and would look for another end of the message.
    """
    return coding.rstrip(b" ").lower() == b"chunked"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is answered by us instead of being forwarded: a status and a short code."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Target:
    """A request target in origin form, and the authority that an absolute form brought along."""

    path: bytes
    authority: bytes | None = None


# RFC 3986 section 3.2.2: an address in brackets, or a name, which may be empty; then, perhaps, a port.
_HOST: Final = re.compile(rb"(?:\[[0-9A-Za-z:.%~_-]+\]|[!$&-.0-9;=A-Z_a-z~%]*)(?::[0-9]*)?")


@lru_cache(maxsize=256)
def is_host(value: bytes) -> bool:
    """Whether this may stand in a Host header (RFC 9112 section 3.2): there are few, and each comes again and again."""
    return _HOST.fullmatch(value) is not None


def origin_form(method: bytes, target: bytes) -> Target | Refusal:
    """The target as an origin server wants it (RFC 9112 section 3.2). Only called for targets that do not start with /."""
    if target == b"*" and method == b"OPTIONS":
        return Target(target)
    scheme, mark, rest = target.partition(b"://")
    if mark and scheme.lower() in (b"http", b"https"):
        authority, slash, path = rest.partition(b"/")
        if authority and b"?" not in authority and b"@" not in authority:
            # RFC 9112 section 3.2.4: OPTIONS without a path asks about the server.
            nothing = b"*" if method == b"OPTIONS" else b"/"
            return Target(slash + path or nothing, authority)
    return Refusal(400, "bad_target", "the request target is neither a path nor an absolute http URL")


REASONS: Final = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
    501: b"Not Implemented",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
    505: b"HTTP Version Not Supported",
}


def own_response(refusal: Refusal, *, close: bool, with_body: bool = True) -> bytes:
    """A whole response made by us: an error in the shape that OpenAI and Anthropic clients print.

    The code also stands in `x-shadowbench-fault`, which only our own responses carry.
    """
    error = {
        "type": "shadowbench_refusal" if refusal.status < 500 else "shadowbench_fault",
        "code": refusal.code,
        "message": f"shadowbench: {refusal.message}",
    }
    body = json.dumps({"type": "error", "error": error}).encode() + b"\n"
    head = (
        b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\nx-shadowbench-fault: %b\r\n%b\r\n"
        % (
            refusal.status,
            REASONS.get(refusal.status, b"Error"),
            len(body),
            refusal.code.encode(),
            b"Connection: close\r\n" if close else b"",
        )
    )
    return head + body if with_body else head
