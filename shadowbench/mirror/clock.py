"""Wall time for ordering and display, computed from the monotonic clock; and the ids made from it.

The loop refreshes the offset now and then: reading one clock per event is enough, and all times of an exchange agree.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime


def wall_now() -> float:
    """Unix seconds."""
    return datetime.now(UTC).timestamp()


class Clock:
    """CLOCK_MONOTONIC, and what the wall says at one of its moments."""

    __slots__ = ("_offset", "_wall", "now_ns")

    def __init__(self, wall: Callable[[], float] = wall_now, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._wall = wall
        self.now_ns = now_ns
        self._offset = 0.0
        self.refresh()

    def refresh(self) -> None:
        """Follow the wall clock after it was set."""
        self._offset = self._wall() - self.now_ns() / 1e9

    def unix_at(self, at_ns: int) -> float:
        """Unix seconds at a monotonic moment."""
        return self._offset + at_ns / 1e9


def time_ordered_id(unix_s: float, chance: random.Random) -> str:
    """A UUID version 7 (RFC 9562 section 5.7): sorts by time to the microsecond, then by chance."""
    micros = int(unix_s * 1_000_000)
    millis, rest = divmod(micros, 1000)
    # rand_a holds the fraction of the millisecond, 12 bits (section 6.2, method 3).
    fraction = rest * 4096 // 1000
    value = (millis & (2**48 - 1)) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | chance.getrandbits(62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
