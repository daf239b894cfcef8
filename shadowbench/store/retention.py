"""How long exchanges stay in the pair log: what is too much, and taking it out a little at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shadowbench.signals import Counters
from shadowbench.store.base import LogUpkeep, LogUsage
from shadowbench.store.pace import Pace

Reason = Literal["age", "size", "count"]

_CHECK_S = 1.0
"""How often the log is looked at while nothing is too much. By then it is at most a second's traffic over its bounds."""

_SPARE_BYTES = 8 * 1024 * 1024
"""Free space that is not given back: the next exchanges take it, and cutting it off only to grow again is work for nothing."""

_PIECE_BYTES = 8192
"""What slices of giving back are counted in: a page of SQLite."""

_NOTES_S = 3600.0
"""How often marks and funnel counts are looked through: they are few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionOptions:
    """Bounds of the log; None is none. What is beyond any of them goes, oldest first."""

    max_age_s: float | None = None
    max_bytes: int | None = None  # of the file, as far as pages are in use
    max_exchanges: int | None = None

    @property
    def bounds_anything(self) -> bool:
        """Whether there is anything to do."""
        return any(bound is not None for bound in (self.max_age_s, self.max_bytes, self.max_exchanges))


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """What has to go: the oldest exchanges, at most `limit` of them, and only those that started before `before`."""

    reason: Reason
    limit: int | None = None
    before: float | None = None


def excess(options: RetentionOptions, usage: LogUsage, now: float) -> Excess | None:
    """The first bound that is passed at `now` (Unix seconds); None when all hold."""
    if options.max_age_s is not None and usage.oldest_at is not None and usage.oldest_at < now - options.max_age_s:
        return Excess(reason="age", before=now - options.max_age_s)
    if options.max_exchanges is not None and usage.exchanges > options.max_exchanges:
        return Excess(reason="count", limit=usage.exchanges - options.max_exchanges)
    if options.max_bytes is not None and usage.exchanges and usage.used_bytes > options.max_bytes:
        return Excess(reason="size", limit=exchanges_in(usage, usage.used_bytes - options.max_bytes))
    return None


def exchanges_in(usage: LogUsage, size: int) -> int:
    """About how many exchanges take `size` bytes in this log; at least one, and not more than there are."""
    return min(usage.exchanges, -(-size * usage.exchanges // usage.used_bytes))


def take_out(log: LogUpkeep, found: Excess, size: int) -> int:
    """Delete the oldest of what is too much, at most `size` exchanges; how many went."""
    limit = size if found.limit is None else min(size, found.limit)
    return log.delete(log.oldest(limit=limit, before=found.before))


class Retention:
    """Keeps one log within its bounds, a slice of work per call. `clock` is monotonic, `now` is Unix seconds."""

    def __init__(self, options: RetentionOptions, *, clock: Callable[[], float], now: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._now = now
        self._deleting = Pace(clock)
        self._shrinking = Pace(clock)
        self._look_at = 0.0
        self._notes_at = 0.0

    def step(self, log: LogUpkeep, counters: Counters) -> float:
        """Do one slice of what is due. Returns in how many seconds there may be more to do: 0 when there is now.

        Raises `LogError`; the next step begins anew. Sets the gauge `store_used_bytes`.
        """
        if self._clock() < self._look_at:
            return self._look_at - self._clock()
        self._look_at = self._clock() + _CHECK_S
        usage = log.usage()
        counters.gauge("store_used_bytes", usage.used_bytes)
        if self._delete(log, usage, counters) or self._shrink(log, usage):
            self._look_at = 0.0
            return 0.0
        return _CHECK_S

    def _delete(self, log: LogUpkeep, usage: LogUsage, counters: Counters) -> bool:
        self._delete_notes(log)
        found = excess(self._options, usage, self._now())
        if found is None:
            return False

        gone = self._deleting.run(lambda size: take_out(log, found, size))
        counters.add("store_pruned_exchanges_total", (("reason", found.reason),), gone)
        return gone > 0

    def _delete_notes(self, log: LogUpkeep) -> None:
        if self._options.max_age_s is not None and self._clock() >= self._notes_at:
            self._notes_at = self._clock() + _NOTES_S
            log.delete_notes(self._now() - self._options.max_age_s)

    def _shrink(self, log: LogUpkeep, usage: LogUsage) -> bool:
        if not self._options.bounds_anything or usage.free_bytes <= _SPARE_BYTES:
            return False
        too_much = usage.free_bytes - _SPARE_BYTES
        given = self._shrinking.run(
            lambda size: log.shrink(limit_bytes=min(size * _PIECE_BYTES, too_much)) // _PIECE_BYTES
        )
        if given * _PIECE_BYTES >= too_much:
            log.checkpoint(whole=False)  # the file is cut at a checkpoint, and a quiet log has no other reason for one
        return given > 0
