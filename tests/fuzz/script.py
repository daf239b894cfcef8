"""How one input is both what arrives and what happens meanwhile: its first bytes are a script, the rest is the wire's. Pure."""

from __future__ import annotations

from collections.abc import Iterator

_SIZES = (1, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 400, 1500, 9000)


class Script:
    """Numbers that an input chooses, then `wire`: what is left. A script that is over says 0 for ever."""

    __slots__ = ("_at", "_steps", "wire")

    def __init__(self, data: bytes) -> None:
        length = data[0] % 32 if data else 0
        self._steps = data[1 : 1 + length]
        self._at = 0
        self.wire = data[1 + length :]

    def next(self, below: int) -> int:
        """A number from 0 to `below` - 1."""
        if self._at >= len(self._steps):
            return 0
        self._at += 1
        return self._steps[self._at - 1] % below

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._steps)

    def size(self) -> int:
        """The size of a piece."""
        return _SIZES[self.next(len(_SIZES))]

    def pieces(self) -> Iterator[bytes]:
        """The wire in pieces of the script's sizes, then what is left at once."""
        at = 0
        while at < len(self.wire):
            size = len(self.wire) - at if self.is_over else self.size()
            yield self.wire[at : at + size]
            at += size


def write(steps: bytes, wire: bytes) -> bytes:
    """An input with this script (of at most 31 steps)."""
    assert len(steps) < 32
    return bytes([len(steps)]) + steps + wire
