"""Whether an exchange may be mirrored at all, and if not, why. Pure.

Deny by default: only what the list of endpoints names is copied, for a copy of anything else might change a state somewhere.
Verdicts are reason codes, None means "nothing speaks against it":

    method_path            not on the list of endpoints
    own_marker             a candidate call of ours came back through a gateway
    not_json               the body is announced as something else, or is none
    not_an_object          JSON, but no request
    no_messages            a request without a list of messages
    dialect_unknown        on the list of endpoints, in a wire format that is not read
    unsupported_encoding   the body is compressed in a way we cannot undo
    bad_encoding           the body does not decompress
    over_bound             the body is, or announces to be, larger than the bound, compressed or not

The head is judged when the exchange opens, so that the proxy can stop copying at once; the body when it is complete.
"""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench import keyed
from shadowbench.mirror.head import RequestHead

_MAY_BE_JSON = frozenset(
    {
        b"application/json",
        b"text/json",
        b"text/plain",
        b"application/octet-stream",
        b"application/x-www-form-urlencoded",
    }
)
CODINGS = frozenset({b"", b"identity", b"gzip", b"x-gzip", b"deflate", b"br", b"zstd"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityTerms:
    """What an exchange is judged by."""

    endpoints: tuple[tuple[str, str], ...]
    max_request_bytes: int
    salt: bytes


def matched_endpoint(terms: EligibilityTerms, head: RequestHead) -> str | None:
    """The path suffix on the list of endpoints that this request falls under."""
    bare = head.path.removesuffix("/")
    for method, suffix in terms.endpoints:
        if head.method == method and bare.endswith(suffix):
            return suffix
    return None


def judge_head(terms: EligibilityTerms, head: RequestHead, unix_s: float) -> str | None:
    """What in the head speaks against mirroring."""
    if matched_endpoint(terms, head) is None:
        return "method_path"
    marker = head.get(keyed.MARKER_HEADER)
    if marker is not None and keyed.is_own_marker(terms.salt, marker, unix_s):
        return "own_marker"
    if not _is_json(head.get(b"content-type")):
        return "not_json"
    if content_coding(head) not in CODINGS:
        return "unsupported_encoding"
    length = head.get(b"content-length")
    # At most 18 digits: int() of a longer number is work that a stranger chooses.
    if length is not None and length.isdigit() and (len(length) > 18 or int(length) > terms.max_request_bytes):
        return "over_bound"
    return None


def content_coding(head: RequestHead) -> bytes:
    """The request's content coding in lower case; empty when it has none."""
    value = head.get(b"content-encoding")
    return value.lower() if value is not None else b""


def _is_json(content_type: bytes | None) -> bool:
    # Clients send JSON without a content type, as text, or as the form that `curl -d` announces, and gateways read it: the
    # body decides. What announces itself as something that can be no JSON is not looked at.
    if not content_type:
        return True
    media_type = content_type.partition(b";")[0].strip().lower()
    return media_type in _MAY_BE_JSON or media_type.endswith(b"+json")
