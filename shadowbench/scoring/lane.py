"""What a lane of a worker is: something that does one claim's work after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """There is nothing to do now. `for_s`: when to look again, at the latest; None: as often as the log is asked.

    why: idle (nothing is left), taken (others are at it), suspended (a metric hung too often), budget, unpriced, or why an
    endpoint is left alone
    """

    why: str
    for_s: float | None = None
    is_over: bool = False  # nothing will change by waiting a little: a run that is to end ends here


IDLE = Rest(why="idle", is_over=True)
TAKEN = Rest(why="taken")
SUSPENDED = Rest(why="suspended", is_over=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How a lane claims. `now`: Unix seconds."""

    owner: str
    lease_s: float
    now: Callable[[], float]


class Lane(Protocol):
    """Pairs of one kind of work, claimed, scored and settled."""

    @property
    def name(self) -> str:
        """As leases have it: metrics, or a judge's name."""

    @property
    def needs(self) -> Collection[str]:
        """Lanes whose scores it builds on."""

    async def step(self) -> Rest | None:
        """Do the work of one claim; None: there may be more."""

    async def report(self) -> None:
        """Set the gauges to what is true now."""
