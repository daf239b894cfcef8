"""How many request bytes the mirror may hold at once. Pure."""

from __future__ import annotations


class Memory:
    """A shared allowance: taken before bytes are kept, given back when they are let go."""

    __slots__ = ("held", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0

    def take(self, size: int) -> bool:
        """Whether `size` more bytes may be held; they count as held from now on."""
        if self.held + size > self.limit:
            return False
        self.held += size
        return True

    def give_back(self, size: int) -> None:
        """`size` bytes were let go."""
        self.held -= size
