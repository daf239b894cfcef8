"""The lane that puts what is scored into segments, which reports read ten times as fast as rows (`store/segments.py`).

One worker of a log does, by a lease; nothing goes wrong where two do. It comes last and takes a tenth of a second at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from shadowbench.scoring.lane import Keeping, Rest
from shadowbench.scoring.ledger import Ledger
from shadowbench.store.base import LogError
from shadowbench.worker import log as tell

_NOTHING = Rest(why="idle", for_s=20.0, is_over=True)


class SegmentLane:
    """`measures`: the numbers of those that are to have scored a pair before it is over; `needs`: the lanes that score."""

    name = "segments"

    def __init__(self, ledger: Ledger, keeping: Keeping, *, measures: Sequence[int], needs: Sequence[str]) -> None:
        self._ledger = ledger
        self._keeping = keeping
        self._measures = measures
        self.needs = needs
        self._tokens = (f"{keeping.owner} {number}" for number in count())

    async def step(self) -> Rest | None:
        """Make one, unless somebody else does."""
        owner, lease_s, now = self._keeping.owner, self._keeping.lease_s, self._keeping.now()
        if not await self._ledger.do(lambda log: log.elect(owner=owner, lane=self.name, now=now, lease_s=lease_s)):
            return _NOTHING  # nobody waits for it either: a run that is to end is not held up by another that goes on
        token = next(self._tokens)
        try:
            made = await self._ledger.do(lambda log: log.make_segment(self._measures, token=token))
        except LogError as error:
            # Reports read rows instead: no run waits for this, and no lane that scores.
            tell("warning", "no segment could be made", reason=error.reason, error=str(error))
            return _NOTHING
        return None if made else _NOTHING

    async def report(self) -> None:
        """There is nothing that waits."""
