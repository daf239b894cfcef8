"""A progress bar on stderr where someone is looking; nothing otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

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
