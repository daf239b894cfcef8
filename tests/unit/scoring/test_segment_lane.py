"""The lane that makes segments: one of all workers does, one at a time, after those that score."""

from __future__ import annotations

from typing import Any, cast

import pytest

from shadowbench.scoring.lane import Keeping
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.segment_lane import SegmentLane
from shadowbench.store.base import LogError
from shadowbench.store.scoring import ScoreLog


class Log:
    """Remembers who asked for what; `left`: how many segments there are to make."""

    def __init__(self, left: int, holder: str = "me") -> None:
        self.left, self.holder = left, holder
        self.asked: list[tuple[Any, str]] = []

    def elect(self, *, owner: str, lane: str, now: float, lease_s: float) -> bool:
        assert (lane, now, lease_s) == ("segments", 7.0, 60.0)
        return owner == self.holder

    def make_segment(self, measures: Any, *, token: str) -> bool:
        self.asked.append((measures, token))
        self.left -= 1
        return self.left >= 0


@pytest.fixture
def keeping() -> Keeping:
    return Keeping(owner="me", lease_s=60.0, now=lambda: 7.0)


def lane_on(log: Log, keeping: Keeping) -> SegmentLane:
    return SegmentLane(Ledger(cast(ScoreLog, log)), keeping, measures=[1, 2], needs=["metrics"])


async def test_it_goes_on_while_there_is_something_to_make(keeping: Keeping) -> None:
    log = Log(left=2)
    lane = lane_on(log, keeping)
    assert [await lane.step() is None for _ in range(3)] == [True, True, False]
    assert [measures for measures, _ in log.asked] == [[1, 2]] * 3


async def test_it_looks_again_after_a_while_and_holds_up_nobody_who_is_to_end(keeping: Keeping) -> None:
    for log in (Log(left=0), Log(left=5, holder="another")):
        rest = await lane_on(log, keeping).step()
        assert rest is not None
        assert (rest.why, rest.for_s, rest.is_over) == ("idle", 20.0, True)


async def test_who_is_not_elected_makes_none(keeping: Keeping) -> None:
    log = Log(left=5, holder="another")
    await lane_on(log, keeping).step()
    assert log.asked == []


async def test_every_try_has_a_token_of_its_own(keeping: Keeping) -> None:
    log = Log(left=3)
    lane = lane_on(log, keeping)
    for _ in range(3):
        await lane.step()
    assert len({token for _, token in log.asked}) == 3
    assert all(token.startswith("me ") for _, token in log.asked)


async def test_a_log_that_refuses_holds_up_nobody(keeping: Keeping) -> None:
    class Refusing(Log):
        def make_segment(self, measures: Any, *, token: str) -> bool:
            raise LogError("disk_full", "no room")

    rest = await lane_on(Refusing(left=1), keeping).step()
    assert rest is not None
    assert rest.is_over
