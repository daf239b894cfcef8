"""A circuit breaker: a candidate that fails is left alone for a while, then asked carefully. Pure.

    CLOSED ──── failures ────▶ OPEN ──── back-off over ────▶ HALF_OPEN ──── successes ────▶ CLOSED
                                 ▲                               │
                                 └────────── a failure ──────────┘

Whoever calls takes a ticket and brings it back with what happened. A ticket of an earlier state says nothing about this one:
calls that were under way when the breaker opened neither open it again nor close it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When to open, for how long, and when to trust again."""

    failures: int = 10  # of the last `window` calls
    window: int = 20
    consecutive: int | None = None  # this many in a row open it as well
    backoff_s: float = 1.0  # doubles with each opening in a row
    max_backoff_s: float = 60.0
    successes: int = 2  # probes that must succeed


class BreakerState(StrEnum):
    """What the breaker does."""

    CLOSED = "closed"  # calls go
    OPEN = "open"  # none goes
    HALF_OPEN = "half_open"  # one at a time goes


class Breaker:
    """One candidate's. Times are nanoseconds, `chance` is a number from [0, 1)."""

    __slots__ = ("_era", "_openings", "_policy", "_probing", "_recent", "_row", "_successes", "_until_ns")

    def __init__(self, policy: BreakerPolicy) -> None:
        self._policy = policy
        self._recent: deque[bool] = deque(maxlen=policy.window)  # True: failed
        self._row = 0  # failures in a row
        self._openings = 0  # in a row, without closing between them
        self._until_ns = 0
        self._probing = False
        self._successes = 0
        self._era = 0  # tickets of another era are old

    @property
    def until_ns(self) -> int | None:
        """When it tries again; None while closed."""
        return self._until_ns if self._openings else None

    def state(self, now_ns: int) -> BreakerState:
        """As of now."""
        if not self._openings:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now_ns < self._until_ns else BreakerState.HALF_OPEN

    def admits(self, now_ns: int) -> bool:
        """Whether a call may begin now."""
        if not self._openings:
            return True
        return self.state(now_ns) is BreakerState.HALF_OPEN and not self._probing

    def begin(self, now_ns: int) -> int:
        """A call begins; only when admitted. Returns its ticket."""
        if self._openings and self.state(now_ns) is BreakerState.HALF_OPEN:
            self._probing = True
        return self._era

    def end(self, ticket: int, now_ns: int, *, failed: bool | None, chance: float) -> None:
        """The call with this ticket is over; `failed` None: it says nothing about the candidate."""
        if ticket != self._era:
            return
        if self._openings:
            self._end_probe(now_ns, failed, chance)
        elif failed is not None:
            self._recent.append(failed)
            self._row = self._row + 1 if failed else 0
            if failed and self._is_enough():
                self._open(now_ns, chance)

    def _is_enough(self) -> bool:
        consecutive = self._policy.consecutive
        return sum(self._recent) >= self._policy.failures or (consecutive is not None and self._row >= consecutive)

    def _end_probe(self, now_ns: int, failed: bool | None, chance: float) -> None:
        self._probing = False
        if failed:
            self._open(now_ns, chance)
        elif failed is False:
            self._successes += 1
            if self._successes >= self._policy.successes:
                self._close()

    def _open(self, now_ns: int, chance: float) -> None:
        self._until_ns = now_ns + int(backoff_s(self._policy, self._openings, chance) * 1e9)
        self._openings += 1
        self._begin_era()

    def _close(self) -> None:
        self._openings = 0
        self._begin_era()

    def _begin_era(self) -> None:
        self._era += 1
        self._recent.clear()
        self._row = 0
        self._successes = 0
        self._probing = False


def backoff_s(policy: BreakerPolicy, openings: int, chance: float) -> float:
    """How long to stay open after `openings` in a row: from half to the whole of what doubling comes to, below the cap."""
    # Many sidecars open at one moment; without chance they would come back at one moment too.
    doubled = policy.backoff_s * 2.0 ** min(openings, 60)
    return min(policy.max_backoff_s, doubled) * (0.5 + 0.5 * chance)
