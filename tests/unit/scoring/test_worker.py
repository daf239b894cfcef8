"""When lanes of a run that is to end give up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shadowbench.errors import UnavailableError
from shadowbench.scoring.lane import IDLE, Rest
from shadowbench.scoring.options import ScoringOptions
from shadowbench.scoring.worker import Scorer
from shadowbench.worker import Parent
from tests.virtual_time import run

LATER = Rest(why="waiting")


class Acting:
    """A lane that does what it is told, and remembers when it looked."""

    def __init__(self, name: str, act: Callable[[int], Awaitable[Rest | None]], *needs: str) -> None:
        self.name, self.needs, self.looks = name, needs, list[float]()
        self._act = act

    async def step(self) -> Rest | None:
        self.looks.append(asyncio.get_running_loop().time())
        return await self._act(len(self.looks))

    async def report(self) -> None:
        pass


async def until_done(*lanes: Acting) -> None:
    scorer = Scorer(ScoringOptions(store_url="sqlite:///none", once=True, poll_s=2.0), Parent("scoring"), {})
    await scorer._until_done(list(lanes))


@pytest.mark.parametrize("rest", [LATER, Rest(why="budget", for_s=60.0, is_over=True)])
def test_a_lane_looks_once_more_when_those_it_needs_have_finished_while_it_looked(rest: Rest) -> None:
    async def member(_: int) -> Rest:
        await asyncio.sleep(1.0)
        return IDLE

    async def panel(look: int) -> Rest | None:
        if look == 1:
            await asyncio.sleep(1.5)  # it has read what there is, and the member ends meanwhile
            return rest
        return None if look == 2 else IDLE

    async def story() -> None:
        made_of = Acting("panel", panel, "member")
        await until_done(made_of, Acting("member", member))
        assert len(made_of.looks) == 3
        assert made_of.looks[1] - made_of.looks[0] == pytest.approx(3.5)

    run(story())


@pytest.mark.parametrize("rest", [LATER, Rest(why="budget", for_s=60.0, is_over=True)])
def test_a_lane_that_had_all_it_needs_before_it_looked_gives_up_at_once(rest: Rest) -> None:
    async def member(_: int) -> Rest:
        return IDLE

    async def panel(_: int) -> Rest:
        return rest

    async def story() -> None:
        made_of = Acting("panel", panel, "member")
        await until_done(Acting("member", member), made_of)
        assert len(made_of.looks) <= 2

    run(story())


def test_a_lane_waits_for_as_long_as_those_it_needs_work() -> None:
    async def member(look: int) -> Rest | None:
        await asyncio.sleep(100.0)
        return None if look < 5 else IDLE

    async def panel(_: int) -> Rest:
        return LATER

    async def story() -> None:
        made_of = Acting("panel", panel, "member")
        await until_done(made_of, Acting("member", member))
        assert 500.0 <= made_of.looks[-1] - made_of.looks[0] <= 502.0

    run(story())


async def test_a_log_that_is_not_there_any_more_ends_a_worker_for_its_successor_to_open_the_next(
    tmp_path: Path,
) -> None:
    async def scores(_: int) -> Rest:
        return IDLE

    path, lane = tmp_path / "pairs.db", Acting("metrics", scores)
    path.touch()
    scorer = Scorer(ScoringOptions(store_url=f"sqlite:///{path}"), Parent("scoring"), {})
    scorer._file = scorer._file_now()
    assert await scorer._step(lane) is IDLE
    path.rename(tmp_path / "pairs.db.1")
    path.touch()
    with pytest.raises(UnavailableError, match="was moved, replaced or deleted: scoring begins anew"):
        await scorer._step(lane)
    assert len(lane.looks) == 1


def test_a_worker_without_canaries_loads_no_statistics() -> None:
    code = "import sys, shadowbench.scoring.worker; print({'scipy', 'shadowbench.stats'} & sys.modules.keys())"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
