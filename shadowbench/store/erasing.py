"""Taking exchanges out of a log in one go, beside a recorder that goes on writing: in slices, with rests between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shadowbench.store.base import LogUpkeep, Owner, PairLog
from shadowbench.store.pace import SLICE_S, Pace
from shadowbench.store.retention import RetentionOptions, excess, exchanges_in, take_out

_CHECKPOINT_TRIES = 50
"""Readers are asked to let go of the write-ahead log for about ten seconds."""
_CHECKPOINT_REST_S = 0.1
_SHRINK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """`clock`: monotonic seconds; `now`: Unix seconds; `rest`: sleep for so many seconds, so that others get the log."""

    clock: Callable[[], float]
    now: Callable[[], float]
    rest: Callable[[float], None]


def beyond(log: LogUpkeep, options: RetentionOptions, now: float) -> int:
    """How many exchanges are beyond the bounds at `now`; of the bound on size, about how many."""
    usage = log.usage()
    counts = [0]
    if options.max_age_s is not None:
        counts.append(log.count_before(now - options.max_age_s))
    if options.max_exchanges is not None:
        counts.append(usage.exchanges - options.max_exchanges)
    if options.max_bytes is not None and usage.exchanges and usage.used_bytes > options.max_bytes:
        counts.append(exchanges_in(usage, usage.used_bytes - options.max_bytes))
    return max(counts)


def prune(log: LogUpkeep, options: RetentionOptions, clocks: Clocks) -> Iterator[int]:
    """Take out what is beyond the bounds. Yields how many went, slice by slice.

    What comes meanwhile is not followed: beside a busy writer this would never end.
    """
    now, pace = clocks.now(), Pace(clocks.clock)
    # How many a size takes shows only while they go.
    left = beyond(log, options, now) if options.max_bytes is None else log.usage().exchanges
    while left > 0 and (more := excess(options, log.usage(), now)) is not None:
        gone = pace.run(lambda size, more=more, most=left: take_out(log, more, min(size, most)))  # type: ignore[misc]
        if not gone:
            break
        left -= gone
        yield gone
        clocks.rest(SLICE_S)
    if options.max_age_s is not None:
        log.delete_notes(now - options.max_age_s)


def found(log: PairLog, owner: Owner, clocks: Clocks) -> Iterator[tuple[int, list[int]]]:
    """Looks through the log as it is now: how many numbers were passed over, and which of them are the owner's."""
    upto, after, pace = log.newest(), 0, Pace(clocks.clock)
    numbers: list[int] = []

    def look(size: int) -> int:
        numbers[:] = log.upkeep.owned_by(owner, after=after, upto=min(upto, after + size))
        return size

    while after < upto:
        passed = min(pace.run(look), upto - after)
        after += passed
        yield passed, list(numbers)


def erase(log: PairLog, owner: Owner, clocks: Clocks) -> Iterator[tuple[int, int]]:
    """Delete the owner's exchanges. Yields how many numbers were passed over, and how many exchanges went."""
    pace = Pace(clocks.clock)
    for passed, numbers in found(log, owner, clocks):
        gone = 0
        while numbers:
            gone += pace.run(lambda size, left=numbers: _delete_some(log.upkeep, left, size))  # type: ignore[misc]
            clocks.rest(SLICE_S)
        yield passed, gone


def _delete_some(log: LogUpkeep, left: list[int], size: int) -> int:
    some, left[:] = left[:size], left[size:]
    return log.delete(some)


def leave_no_trace(log: LogUpkeep, clocks: Clocks, *, rewrite: bool) -> bool:
    """Clear what deleting left behind, see `LogUpkeep.rewrite`; without it, give free space back.

    False when readers kept the write-ahead log, which then still holds what was deleted.
    """
    if rewrite:
        log.rewrite()
    free = 0 if rewrite else log.usage().free_bytes
    while free > 0 and (given := log.shrink(limit_bytes=_SHRINK_BYTES)):
        free -= given
        clocks.rest(SLICE_S)
    for _ in range(_CHECKPOINT_TRIES):
        if log.checkpoint(whole=True):
            return True
        clocks.rest(_CHECKPOINT_REST_S)
    return False
