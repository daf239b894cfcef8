"""What a log line may say of a request: enough to find it again, nothing that it or its answer holds. Pure.

No bodies, no header values but the two that are there to name a request, no query: clients put keys into all of these. Where a
piece of a path looks like a key or names a person, by the kinds that redaction looks for by default, it is left out too. Called
for lines alone: a request that is none costs nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from shadowbench.http1 import heads
from shadowbench.keyed import is_credential
from shadowbench.redaction.credentials import API_KEY, JWT, SECRET
from shadowbench.redaction.personal import CARD, EMAIL, PHONE

_REQUEST_ID = b"x-request-id"
# What names something, and does not begin as well-known keys do.
_NAME = re.compile(rb"(?!(?:sk|pk|key|ghp|xox[a-z])[-_])[A-Za-z0-9._:/+-]{1,128}")
# W3C Trace Context, section 3.2: version, trace id, parent id, flags; all zeros is no id.
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_MAX_PATH_CHARS = 200
# Long and of letters and digits both, as keys are; with @ or =, as addresses and parameters are; or with a known beginning.
_TELLING = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z]).{20,}|.*(?:[@=;]|%40|%3[BbDd]).*|(?:sk|pk|key|ghp|xox[a-z])[-_].*")
_RULES = tuple(rule for kind in (API_KEY, JWT, SECRET, EMAIL, CARD, PHONE) for rule in kind.rules)
_SHORTEST_FOUND = 6  # characters: a@b.co


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """By what requests are named. `routes`: the ends of paths that are told apart, the longest match counts."""

    request_id_header: str | None = None
    routes: tuple[str, ...] = ()


def request_id(naming: Naming, asked: list[bytes], answered: list[bytes]) -> str | None:
    """As the pair log has it: the configured client header, else production's x-request-id; else the client's own.

    `asked`, `answered`: flat fields of both heads. None where none of them looks like a name.
    """
    own = (naming.request_id_header or "").lower().encode()
    places = ((asked, own), (answered, _REQUEST_ID), (asked, _REQUEST_ID))
    for fields, header in places:
        if not header or is_credential(header):
            continue
        value = heads.find_field(fields, header)
        if value is not None and _NAME.fullmatch(value) and not _is_found(name := value.decode()):
            return name
    return None


def trace_id(asked: list[bytes]) -> str | None:
    """Of the client's traceparent; None where there is none, or none that is valid."""
    value = heads.find_field(asked, b"traceparent")
    found = None if value is None else _TRACEPARENT.fullmatch(value)
    return None if found is None else found[1].decode()


def shown_path(target: bytes) -> str:
    """The path of a request target, without query, with … for pieces that may be somebody's."""
    path = target.partition(b"?")[0].decode("latin-1")[: 4 * _MAX_PATH_CHARS]
    shown = "/".join(
        "…" if _TELLING.fullmatch(piece) or _is_found(unquote(piece)) else piece for piece in path.split("/")
    )
    return shown if len(shown) <= _MAX_PATH_CHARS else f"{shown[:_MAX_PATH_CHARS]}…"


def route_of(naming: Naming, target: bytes) -> str | None:
    """Which of the routes the path ends with; None: none of them."""
    path = target.partition(b"?")[0].decode("latin-1")
    return max((route for route in naming.routes if path.endswith(route)), key=len, default=None)


def _is_found(text: str) -> bool:
    """Whether redaction would find anything in it."""
    return len(text) >= _SHORTEST_FOUND and any(place for rule in _RULES for place in rule.places(text, 0, len(text)))
