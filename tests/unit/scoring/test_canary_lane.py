from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shadowbench.scores import KnownMeasure
from shadowbench.scoring import canary_lane
from shadowbench.scoring.canary_lane import CanaryLane
from shadowbench.scoring.lane import Keeping
from shadowbench.signals import Counters
from shadowbench.store.scoring import CanaryRun
from shadowbench.store.testing import a_measure

RUN = CanaryRun(
    name="frozen", measure=7, ran_at=10.0, items=4, answered=4, kappa=0.1, low=-0.2, high=0.4, agreement=0.5,
    drifted=True, detail="{}",
)  # fmt: skip
LABELS = (("judge", "quality"), ("set", "frozen"))


class Measures:
    """A ledger whose log knows one judge."""

    async def do(self, work: Any) -> Any:
        return work(self)

    def measures(self) -> list[KnownMeasure]:
        return [KnownMeasure(id=7, measure=a_measure("quality"), done_upto=0)]


@pytest.mark.parametrize("drifted", [True, False])
async def test_what_comes_of_a_set_that_is_due_is_a_signal(drifted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    async def run_due(judges: Any, ledger: Any, log_url: str, *, every_s: float, now: Any) -> list[CanaryRun]:
        asked.append(every_s)
        return [replace(RUN, drifted=drifted)]

    monkeypatch.setattr(canary_lane, "run_due", run_due)
    counters = Counters()
    lane = CanaryLane(
        [],
        every_s=3600,
        ledger=Measures(),  # type: ignore[arg-type]
        log_url="sqlite:///log.db",
        keeping=Keeping(owner="w", lease_s=60, now=lambda: 20.0),
        counters=counters,
    )
    rest = await lane.step()
    assert rest is not None and rest.is_over and rest.for_s == 60.0, "a run that is to end does not wait for the next"
    assert asked == [3600]
    told = {(sample.name, sample.labels): sample.value for sample in counters.snapshot()}
    assert told["judge_drifted", LABELS] == drifted
    assert told["judge_canary_runs_total", LABELS] == 1
