"""The trace context of a candidate's call (W3C Trace Context, level 1). Pure.

A copy is a child of the client's span under an id of its own, and says that it was not sampled: mirroring must not add spans,
and their bills, to every trace of production. `tracestate` is not copied: its members speak for vendors of the client's.
"""

from __future__ import annotations

import random
import re

_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")


def child_of(traceparent: bytes | None, chance: random.Random) -> bytes | None:
    """The `traceparent` of a copy; None when the client sent none that means something."""
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent is not None else None
    if match is None or match[1] == b"ff" or not match[2].strip(b"0") or not match[3].strip(b"0"):
        return None
    return b"00-%b-%016x-00" % (match[2], chance.getrandbits(64) or 1)
