"""Keyed hashes of requests: the sampling point, the placeholder of a credential, the owner, the loop marker. Pure.

All use BLAKE2b (RFC 7693) in keyed mode. The key is the mirror's salt: without it nobody can choose to be sampled, undo a
placeholder by guessing, or forge a marker.
"""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from hashlib import blake2b
from typing import Final

POINTS: Final = 2**64
MARKER_HEADER: Final = b"x-shadowbench-mirrored"
MARKER_LIFETIME_S: Final = 900

CREDENTIAL_HEADERS: Final = frozenset(
    {
        b"authorization",
        b"proxy-authorization",
        b"x-api-key",
        b"api-key",
        b"x-goog-api-key",
        b"cookie",
        b"set-cookie",
        b"openai-organization",
        b"openai-project",
        b"x-amz-security-token",
        b"x-auth-token",
        b"x-access-token",
    }
)

# Gateways invent their own (x-litellm-api-key, helicone-auth, x-csrf-token); what such a name carries is no help to anybody.
_SUSPECT: Final = re.compile(
    rb"(?:^|[-_])(?:auth(?:orization)?|api[-_]?key|key|token|secret|password|passwd|cookie|credentials?|signature)$"
)
_HARMLESS: Final = frozenset({b"idempotency-key", b"sec-websocket-key", b"x-idempotency-key"})


def is_credential(name: bytes) -> bool:
    """Whether a header of this name (lower case) may carry a credential: known ones, and all that sound like one."""
    return name in CREDENTIAL_HEADERS or (_SUSPECT.search(name) is not None and name not in _HARMLESS)


def is_blank(value: bytes) -> bool:
    """Whether a header value says nothing. As a key it would put all requests that carry it under one draw."""
    return not value.strip(b" \t")


def sample_point(salt: bytes, key: bytes) -> int:
    """Where `key` falls on [0, 2**64). Below `threshold(rate)` means sampled; one point serves all candidates."""
    return int.from_bytes(blake2b(key, digest_size=8, key=salt).digest(), "big")


def request_key(epoch: str, sequence: int) -> bytes:
    """The key of a request that draws for itself."""
    return b"%b:%d" % (epoch.encode(), sequence)


@lru_cache(256)
def threshold(rate: float) -> int:
    """The sampling point that `rate` (0 to 1) admits up to, exclusive."""
    return min(POINTS, max(0, round(rate * POINTS)))


def placeholder(salt: bytes, value: bytes) -> bytes:
    """What stands for a credential in frames and in the log: equal for equal values, useless otherwise."""
    return b"hash:" + blake2b(value, digest_size=12, key=salt, person=b"credential").hexdigest().encode()


def cluster_key(salt: bytes, value: bytes) -> str:
    """Names what groups dependent pairs: a session, a user, a conversation."""
    return _name(salt, b"cluster", value)


def tenant_key(salt: bytes, value: bytes) -> str:
    """Names whose traffic it is, in the log."""
    return _name(salt, b"tenant", value)


def user_key(salt: bytes, value: bytes) -> str:
    """Names an end user, in the log."""
    return _name(salt, b"user", value)


def make_marker(salt: bytes, now: float) -> bytes:
    """Value of the loop marker header on candidate calls. `now`: Unix seconds."""
    issued = b"%d" % int(now)
    return b"v1." + issued + b"." + _marker_mac(salt, issued)


def is_own_marker(salt: bytes, value: bytes, now: float) -> bool:
    """Whether `value` was made with our key at most 15 minutes ago. Anything else is a stranger's header."""
    version, _, rest = value.partition(b".")
    issued, _, mac = rest.partition(b".")
    if version != b"v1" or not issued.isdigit() or len(issued) > 12:
        return False
    if abs(now - int(issued)) > MARKER_LIFETIME_S:
        return False
    return hmac.compare_digest(mac, _marker_mac(salt, issued))


def _name(salt: bytes, person: bytes, value: bytes) -> str:
    return blake2b(value, digest_size=12, key=salt, person=person).hexdigest()


def _marker_mac(salt: bytes, issued: bytes) -> bytes:
    return blake2b(issued, digest_size=16, key=salt, person=b"loop-marker").hexdigest().encode()
