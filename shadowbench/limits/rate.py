"""So many requests a second, in bursts of so many. Pure.

The generic cell rate algorithm (ITU-T I.371, annex A): one number says when the bucket would be full again, so there is
nothing to refill, fractions are exact and an idle lane costs nothing.
"""

from __future__ import annotations

import math

_SECOND_NS = 1_000_000_000


class Rate:
    """At most `burst + per_s × t` requests in any `t` seconds; `per_s` None is without limit. Times are nanoseconds."""

    __slots__ = ("_free_ns", "_held_ns", "_interval_ns", "_slack_ns")

    def __init__(self, per_s: float | None, burst: int = 1) -> None:
        # Rounded up: rounding must not let more through than was asked for.
        self._interval_ns = math.ceil(_SECOND_NS / per_s) if per_s is not None else 0
        self._slack_ns = self._interval_ns * (burst - 1)
        self._free_ns = 0  # when all that was taken is paid for
        self._held_ns = 0

    def not_before_ns(self, now_ns: int) -> int:
        """When the next request may go: `now_ns`, or a later moment."""
        return max(now_ns, self._held_ns, self._free_ns - self._slack_ns)

    def take(self, now_ns: int) -> None:
        """A request goes now. Only when `not_before_ns` said so."""
        self._free_ns = max(now_ns, self._free_ns) + self._interval_ns

    def hold(self, until_ns: int) -> None:
        """The endpoint asked for quiet (429 with Retry-After): nothing goes before then."""
        self._held_ns = max(self._held_ns, until_ns)
