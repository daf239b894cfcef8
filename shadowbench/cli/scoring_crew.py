"""Scoring workers that are to end: started, looked at, and started again when one is killed."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from shadowbench.child import Child, WorkerSpec
from shadowbench.scoring.metric_lane import LANE
from shadowbench.signals import Sample

STOPPED = 130
"""The exit code after Ctrl-C or SIGTERM."""
_OVER = "scoring_lane_over"
_BACKLOG = "scoring_backlog_pairs"
_SUSPENDED = "scoring_suspended_pairs"
# Deaths of one place, without any word from it: starting it again would change nothing.
_QUICK_DEATHS = 5


class Progressing:
    """A bar per lane on stderr, in pairs; nothing where nobody looks."""

    def __init__(self, wanted: bool | None) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._most: dict[str, float] = {}
        if sys.stderr.isatty() if wanted is None else wanted:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def left(self, lane: str, pairs: float) -> None:
        """So many pairs are left."""
        if self._progress is None:
            return
        most = self._most[lane] = max(pairs, self._most.get(lane, 0.0))
        if lane not in self._tasks:
            self._tasks[lane] = self._progress.add_task(lane, total=most)
        self._progress.update(self._tasks[lane], total=most, completed=most - pairs)


class Crew:
    """Runs each spec until it ends by itself. `left`, after: lanes that ended before everything was scored, and why; `waiting`:
    how many pairs wait for each lane at most."""

    def __init__(self, specs: Sequence[WorkerSpec], progressing: Progressing) -> None:
        self.left: dict[str, str] = {}
        self.waiting: dict[str, int] = {}
        self._progressing = progressing
        self._children = [Child(spec, self) for spec in specs]
        self._deaths = dict.fromkeys(range(len(specs)), 0)
        self._code = 0

    async def run(self) -> int:
        """The exit code: of the first worker that said it cannot; 130 after Ctrl-C or SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupt)
        try:
            async with asyncio.TaskGroup() as group:
                for child in self._children:
                    group.create_task(child.run())
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        return self._code

    def on_ready(self, child: Child) -> None:
        """It scores."""
        self._deaths[child.spec.number] = 0

    def on_snapshot(self, child: Child, samples: list[Sample]) -> None:
        """How far it is."""
        suspended = sum(int(sample.value) for sample in samples if sample.name == _SUSPENDED)
        for sample in samples:
            labels = dict(sample.labels)
            if sample.name == _BACKLOG:
                self._progressing.left(labels["lane"], sample.value)
                self.waiting[labels["lane"]] = int(sample.value) + (suspended if labels["lane"] == LANE else 0)
            elif sample.name == _OVER and labels["reason"] != "idle":
                self.left[labels["lane"]] = labels["reason"]

    def on_exit(self, child: Child, code: int, lived_s: float) -> None:
        """One that was killed is started again; one that ended by itself has told everything."""
        self._deaths[child.spec.number] += 1
        if code >= 0 or self._deaths[child.spec.number] >= _QUICK_DEATHS:
            self._code = self._code or (code if code >= 0 else 4)
            child.drain()

    def _interrupt(self) -> None:
        self._code = STOPPED
        for child in self._children:
            child.drain()
