"""The trace that a request belongs to, as its headers say (W3C Trace Context, https://www.w3.org/TR/trace-context). Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 0x01


class TraceContext(NamedTuple):
    """Where a caller stands in a trace. Ids are lower-case hexadecimal digits, never all zeros."""

    trace_id: str  # 32
    span_id: str  # 16: of the caller's span
    is_sampled: bool  # the caller's spans are kept


def read_traceparent(value: str | None) -> TraceContext | None:
    """The header's meaning; None when there is none. Versions after 00 may say more, which is passed over (§3.2.4)."""
    match = None if value is None else _TRACEPARENT.fullmatch(value.strip(" \t"))
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if version == "ff" or (version == "00" and more) or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))
