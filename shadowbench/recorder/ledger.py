"""Settlements of one connection, told in the order of CLOSE, each after what the exchange cost. Pure.

Exchanges are closed in one order and settled in another: those that are discarded at once overtake those that wait for the
store. The mirror maps acknowledgements to exchanges by a queue, so the counts must grow in its order. Each acknowledgement
raises only one of the two counts, so that the mirror knows not only how many of its first N were settled but how.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from shadowbench import handoff


class Place:
    """One closed exchange's place in the order. `recorded` is None until it is settled; `costs` are frames of COST."""

    __slots__ = ("costs", "recorded", "sequence")

    def __init__(self, sequence: int = 0) -> None:
        self.sequence = sequence  # the mirror's number of the exchange
        self.recorded: bool | None = None
        self.costs: Sequence[bytes] = ()


class Ledger:
    """Places in, acknowledgements out."""

    def __init__(self) -> None:
        self._places: deque[Place] = deque()
        self._recorded = 0
        self._discarded = 0

    def __len__(self) -> int:
        """Closed exchanges not acknowledged yet."""
        return len(self._places)

    def place(self, sequence: int = 0) -> Place:
        """The next exchange was closed."""
        place = Place(sequence)
        self._places.append(place)
        return place

    def due(self) -> list[bytes]:
        """COST and ACK frames for what has been settled since the last call: one ACK for each run of equal results."""
        frames: list[bytes] = []
        last: bool | None = None
        while self._places and (result := self._places[0].recorded) is not None:
            place = self._places.popleft()
            if last is not None and last != result:
                frames.append(self._ack())
            frames += place.costs
            self._recorded += result
            self._discarded += not result
            last = result
        if last is not None:
            frames.append(self._ack())
        return frames

    def _ack(self) -> bytes:
        return handoff.ack_frame(self._recorded, self._discarded)
