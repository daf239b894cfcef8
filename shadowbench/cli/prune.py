"""`shadowbench prune`: takes the oldest exchanges out of a log until it is within bounds, beside a recorder or without one."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from shadowbench.cli.progress import tracked
from shadowbench.cli.quantities import as_size, counted
from shadowbench.errors import ConfigurationError
from shadowbench.store.erasing import Clocks, beyond, leave_no_trace, prune
from shadowbench.store.opening import open_log
from shadowbench.store.retention import RetentionOptions

KEPT_BY_READERS = (
    "another process reads the log: until it is done, the write-ahead log may still hold what was removed; "
    "the next checkpoint clears it\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneOptions:
    """`dry_run`: only say how much would go. `rewrite`: clear every trace, which holds the recorder up."""

    log_url: str
    bounds: RetentionOptions
    dry_run: bool = False
    rewrite: bool = False
    progress: bool | None = None  # None: when stderr is a terminal


def wall_clocks() -> Clocks:
    """The clocks of a command."""
    return Clocks(clock=time.monotonic, now=time.time, rest=time.sleep)  # noqa: TID251  ages are told by the wall


def run_prune(options: PruneOptions, clocks: Clocks) -> int:
    """Prune and say how much went; the exit code."""
    if not options.bounds.bounds_anything:
        raise ConfigurationError("what shall go? Give --older-than, --keep or --max-bytes")
    log = open_log(options.log_url, "read" if options.dry_run else "change")
    try:
        total, before = beyond(log.upkeep, options.bounds, clocks.now()), log.upkeep.usage()
        if options.dry_run:
            about = "about " if options.bounds.max_bytes is not None else ""
            sys.stdout.write(f"{about}{total:,} of {counted(before.exchanges, 'exchange')} would be removed\n")
            return 0
        steps = _each(prune(log.upkeep, options.bounds, clocks))
        gone = sum(1 for _ in tracked(steps, total=total, label="Pruning", wanted=options.progress))
        clean = leave_no_trace(log.upkeep, clocks, rewrite=options.rewrite)
        after = log.upkeep.usage()
    finally:
        log.close()
    freed = before.used_bytes + before.free_bytes - after.used_bytes - after.free_bytes
    left = counted(after.exchanges, "exchange")
    sys.stdout.write(f"{counted(gone, 'exchange')} removed, {left} left; {as_size(max(0, freed))} given back\n")
    if not clean:
        sys.stderr.write(KEPT_BY_READERS)
    return 0


def _each(slices: Iterator[int]) -> Iterator[None]:
    for gone in slices:
        yield from [None] * gone
