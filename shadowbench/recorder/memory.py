"""The bound on everything the recorder holds: open exchanges and those that wait for the store. Pure."""

from __future__ import annotations


class Memory:
    """Bytes taken and given back. One object over all connections.

    There is one bound for both uses because they feed each other: when the store is slow or fails, finished exchanges keep
    their bytes, and the room for new ones shrinks until they are discarded as they arrive. `full_reason` is the reason they
    are discarded with; the writer sets it while the store fails, so that losses name their cause.
    """

    __slots__ = ("full_reason", "limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.full_reason = RECORDER_FULL

    def take(self, size: int) -> bool:
        """Take `size` bytes if there is room."""
        if self.used + size > self.limit:
            return False
        self.used += size
        return True

    def give_back(self, size: int) -> None:
        """Return bytes that were taken."""
        self.used -= size


RECORDER_FULL = "recorder_full"
STORE_FAILED = "store_failed"
