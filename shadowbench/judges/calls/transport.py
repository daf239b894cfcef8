"""The seam between calls and the network."""

from __future__ import annotations

from typing import Protocol

from shadowbench.judges.calls.faults import Came


class Transport(Protocol):
    """Whoever can send a request to one endpoint: HTTP, or a double."""

    async def post(self, body: bytes, *, timeout_s: float) -> Came:
        """What came of one request. Failures of the network are part of it, never raised."""

    async def aclose(self) -> None:
        """Give up its connections."""
