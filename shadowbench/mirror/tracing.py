"""The trace context of a candidate's call (W3C Trace Context, level 1). Pure.

A copy is a child of the client's span under an id of its own, and says that it was not sampled: mirroring must not add spans,
and their bills, to every trace of production. `tracestate` is not copied: its members speak for vendors of the client's.
"""

from __future__ import annotations

import random

from shadowbench.wire.trace_context import read_traceparent


def child_of(traceparent: bytes | None, chance: random.Random) -> bytes | None:
    """The `traceparent` of a copy; None when the client sent none that means something."""
    context = None if traceparent is None else read_traceparent(traceparent.decode("latin-1"))
    if context is None:
        return None
    return b"00-%b-%016x-00" % (context.trace_id.encode(), chance.getrandbits(64) or 1)
