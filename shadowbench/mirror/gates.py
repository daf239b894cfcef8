"""Whether a lane may call its candidate now: its pace, its breaker and its budget, asked in this order.

A closed breaker or an empty purse refuses; too high a pace only makes wait, for the moment will come. Decides without IO but
for the purse, which keeps what it promised. Times are CLOCK_MONOTONIC nanoseconds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from shadowbench.limits.breaker import Breaker, BreakerPolicy, BreakerState
from shadowbench.limits.budget import Refusal, Reservation
from shadowbench.limits.estimate import Asked
from shadowbench.limits.rate import Rate
from shadowbench.mirror.options import CandidateOptions
from shadowbench.mirror.plan import CopiedRequest
from shadowbench.mirror.purse import Purse

PAUSED = "paused"
BREAKER_OPEN = "breaker_open"
# uvloop's timers count milliseconds, and would round a shorter wait to none, again and again until it is over.
MIN_WAIT_S = 0.001
# So much of a second may go at once: calls that wait are late by a timer's delay, and would never catch up.
_BURST_S = 0.1
# An endpoint that asks for an hour of quiet is asked again sooner: its clock may be wrong, and limits are lifted.
_MAX_HOLD_S = 60.0
# Faults that say nothing about the candidate's health: our bounds and our decisions.
_OURS = frozenset({"overflow", "shutdown", "client_cancelled", "stale"})


@dataclass(slots=True)
class Permit:
    """A copy may be called. `ticket` is the breaker's, None while no attempt is under way."""

    reservation: Reservation
    asked: Asked
    ticket: int | None


class Gates:
    """One lane's."""

    def __init__(self, options: CandidateOptions, purse: Purse, chance: random.Random) -> None:
        per_s = options.rate_per_s
        self.rate = Rate(per_s, burst=max(1, int(per_s * _BURST_S)) if per_s is not None else 1)
        self.breaker = _breaker(options)
        self.purse = purse
        self.paused = False
        self._chance = chance

    def closed(self, now_ns: int) -> str | None:
        """Why no call is made for a while, whatever it is."""
        if self.paused:
            return PAUSED
        return None if self.breaker is None or self.breaker.admits(now_ns) else BREAKER_OPEN

    def admit(self, now_ns: int, unix_s: float, request: CopiedRequest) -> Permit | Refusal:
        """A copy is about to be called. Only when not closed, and when the pace allows it."""
        asked = self.purse.asked(request)
        reservation = self.purse.reserve(unix_s, asked)
        if isinstance(reservation, Refusal):
            return reservation
        self.rate.take(now_ns)
        return Permit(reservation, asked, self._ticket(now_ns))

    def again(self, permit: Permit, now_ns: int) -> None:
        """It is about to be tried once more, under the same conditions."""
        self.rate.take(now_ns)
        permit.ticket = self._ticket(now_ns)

    def hold(self, now_ns: int, seconds: float) -> None:
        """The candidate asked for quiet."""
        self.rate.hold(now_ns + int(min(seconds, _MAX_HOLD_S) * 1e9))

    def attempt_over(self, permit: Permit, now_ns: int, fault: str | None, status: int | None) -> None:
        """How an attempt ended: with a fault, with an answer of this status, or (neither) withdrawn."""
        ticket, permit.ticket = permit.ticket, None
        if ticket is not None and self.breaker is not None:
            self.breaker.end(ticket, now_ns, failed=failed(fault, status), chance=self._chance.random())

    def _ticket(self, now_ns: int) -> int | None:
        return self.breaker.begin(now_ns) if self.breaker is not None else None

    def breaker_state(self, now_ns: int) -> BreakerState:
        """CLOSED also when there is none."""
        return self.breaker.state(now_ns) if self.breaker is not None else BreakerState.CLOSED


def failed(fault: str | None, status: int | None) -> bool | None:
    """Whether the candidate is to blame; None: nothing is known. 429 is the pace's business."""
    if fault is not None:
        return None if fault in _OURS else True
    return None if status is None or status == 429 else status >= 500


def _breaker(options: CandidateOptions) -> Breaker | None:
    given = options.breaker
    if given.failures <= 0:
        return None
    return Breaker(
        BreakerPolicy(
            failures=given.failures,
            window=max(given.window, given.failures),
            backoff_s=given.open_s,
            max_backoff_s=given.max_open_s,
            successes=given.successes,
        )
    )
