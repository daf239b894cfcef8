"""Names to addresses, cached for 30 seconds, and for as long as it takes when the resolver fails."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Any

TTL_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to connect to."""

    family: int
    sockaddr: tuple[Any, ...]


class Resolver:
    """getaddrinfo(3) with a memory. A stale answer beats an error: endpoints outlive hiccups of the cluster's DNS."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._known: dict[tuple[str, int], tuple[float, list[Address]]] = {}

    async def resolve(self, host: str, port: int) -> list[Address]:
        """Addresses in the order of preference. Raises OSError when the name was never known."""
        key = (host, port)
        known = self._known.get(key)
        now = self._loop.time()
        if known is not None and now - known[0] < TTL_S:
            return known[1]
        try:
            found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            if known is None:
                raise
            self._known[key] = (now, known[1])
            return known[1]
        addresses = [Address(family=family, sockaddr=sockaddr) for family, _, _, _, sockaddr in found]
        self._known[key] = (now, addresses)
        return addresses
