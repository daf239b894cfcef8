"""A progress bar on stderr where someone is looking; nothing otherwise."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")


def tracked(things: Iterable[T], *, total: int, label: str, wanted: bool | None = None) -> Iterator[T]:
    """The things, one by one. `wanted`: None shows the bar when stderr is a terminal."""
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield from things
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(things, total=total, description=label)


class Bar:
    """What is being done and how much of it is done: a bar that appears on stderr when it takes longer than `after_s`.

    Use it with `with`, and call it with a word and a share. `wanted`: None shows it when stderr is a terminal.
    """

    def __init__(self, *, wanted: bool | None = None, after_s: float = 2.0) -> None:
        self._wanted = sys.stderr.isatty() if wanted is None else wanted
        self._timer = threading.Timer(after_s, self._appear)
        self._timer.daemon = True
        self._lock = threading.Lock()  # guards everything below: the timer's thread and the caller's change it
        self._told: tuple[str, float] = ("", 0.0)
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._is_over = False

    def __enter__(self) -> Self:
        if self._wanted:
            self._timer.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_over = True
            if self._progress is not None:
                self._progress.stop()

    def __call__(self, what: str, share: float) -> None:
        """`what` is done next, and this share of all is done."""
        with self._lock:
            self._told = (what, share)
            if self._progress is not None and self._task is not None:
                self._progress.update(self._task, description=what, completed=share)

    def join(self) -> None:
        """Wait until it has appeared, or will not."""
        if self._timer.is_alive():
            self._timer.join()

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with self._lock:
            if self._is_over:
                return
            what, share = self._told
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task(what, total=1.0)
            self._progress.update(self._task, completed=share)
            self._progress.start()
