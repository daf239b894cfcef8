"""One exchange as bytes: what assembly hands on and `exchange.py` reads. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shadowbench.handoff import EndPayload, HeadPayload, OpenPayload
from shadowbench.recorder.plan import Plan


class RawAttempt(NamedTuple):
    """A call that was begun and tried again, as ATTEMPT tells it."""

    reason: str
    status: int | None
    started_ns: int
    ended_ns: int


class RawSide(NamedTuple):
    """What came back from one endpoint. `parts` are payloads of PART, unread; empty bodies have none."""

    t0_ns: int | None  # None: the request was never handed over in full
    head: HeadPayload | None
    parts: tuple[bytes, ...]
    body_bytes: int  # as they came, counted above the capture bound too
    overflow: bool  # capture stopped at the bound: `parts` is a prefix
    end: EndPayload
    attempts: tuple[RawAttempt, ...] = ()  # before this side's t0


class RawExchange(NamedTuple):
    """One exchange, told to its end on every side."""

    opened: OpenPayload
    plan: Plan
    request: tuple[bytes, ...]
    request_overflow: bool
    sides: Mapping[int, RawSide]  # 0 is production; a candidate that was not sent may be missing
    held_bytes: int  # what it costs in memory until it is settled


@dataclass(frozen=True, slots=True)
class Discarded:
    """An exchange that will not reach the log, and why (a code from a fixed set)."""

    reason: str
