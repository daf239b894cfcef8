"""The place where a lane asks whether it may call its candidate: rate caps, budgets, breakers.

None is built yet; a lane without gates always may. A gate decides without IO and takes the time as an argument.
"""

from __future__ import annotations

from typing import Protocol


class Gate(Protocol):
    """One reason for not calling."""

    def admit(self, now_ns: int) -> str | None:
        """The reason code for not calling now; None when nothing speaks against it."""

    def observe(self, now_ns: int, fault: str | None, status: int | None) -> None:
        """How a call ended: with a fault, or with a whole response of this status."""
