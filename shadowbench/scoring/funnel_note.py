"""The scorer's part of the funnel: how many pairs got their first scores, by candidate."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from shadowbench.records import FunnelCount
from shadowbench.scoring.lane import Keeping
from shadowbench.store.base import LogError, PairLog

SCORED = "scored"


class FunnelNote:
    """Puts the counts of this worker's life into the log, when they changed. From any thread."""

    def __init__(self, keeping: Keeping, fresh: Mapping[str, int], log: PairLog) -> None:
        self._epoch = f"{keeping.owner}:{keeping.now():.0f}"
        self._fresh = fresh
        self._log = log
        self._told: dict[str, int] = {}
        self._lock = threading.Lock()

    def put(self) -> None:
        """Tell what there is. A log that refuses is told the next time."""
        with self._lock:  # the log is not thread-safe, and a thread that tells may outlive the task that began it
            self._put()

    def _put(self) -> None:
        counts = dict(self._fresh)
        if counts == self._told:
            return
        rows = [
            FunnelCount(epoch=self._epoch, candidate=c, stage=SCORED, reason="", count=n) for c, n in counts.items()
        ]
        try:
            self._log.put_funnel(rows)
        except LogError:
            return
        self._told = counts
