from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shadowbench.scores import KnownMeasure
from shadowbench.scoring import canary_lane
from shadowbench.scoring.calibration.canary_run import SaidNothingError
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


class Asked(list[Any]):
    """What a lane asked for; `told`: what it said, `now`: the time it has."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []
        self.now = 20.0


class Measures:
    """A ledger whose log knows one judge."""

    async def do(self, work: Any) -> Any:
        return work(self)

    def measures(self) -> list[KnownMeasure]:
        return [KnownMeasure(id=7, measure=a_measure("quality"), done_upto=0)]


def lane_of(monkeypatch: pytest.MonkeyPatch, *came: CanaryRun | SaidNothingError) -> tuple[CanaryLane, Counters, Asked]:
    """A lane for which sets come to this whenever they are looked at; what it asked for."""
    asked = Asked()

    async def run_due(judges: Any, ledger: Any, log_url: str, **how: Any) -> AsyncIterator[Any]:
        asked.append((how["every_s"], list(how["passed_over"])))
        for each in came:
            yield each

    monkeypatch.setattr(canary_lane, "run_due", run_due)
    monkeypatch.setattr(canary_lane, "tell", lambda level, event, **fields: asked.told.append((level, event, fields)))
    counters = Counters()
    lane = CanaryLane(
        [],
        every_s=3600,
        ledger=Measures(),  # type: ignore[arg-type]
        log_url="sqlite:///log.db",
        keeping=Keeping(owner="w", lease_s=60, now=lambda: asked.now),
        counters=counters,
    )
    return lane, counters, asked


@pytest.mark.parametrize("drifted", [True, False])
async def test_what_comes_of_a_set_that_is_due_is_a_signal(drifted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    lane, counters, asked = lane_of(monkeypatch, replace(RUN, drifted=drifted))
    rest = await lane.step()
    assert rest is not None and rest.is_over and rest.for_s == 60.0, "a run that is to end does not wait for the next"
    assert asked == [(3600, [])]
    assert bool(asked.told) is drifted
    told = {(sample.name, sample.labels): sample.value for sample in counters.snapshot()}
    assert told["judge_drifted", LABELS] == drifted
    assert told["judge_canary_runs_total", LABELS] == 1


@pytest.mark.parametrize(("first_run_at", "warns"), [(None, True), (5.0, False)])
async def test_a_first_run_that_is_no_measure_is_a_warning(
    first_run_at: float | None, warns: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    detail = json.dumps({"first_run_at": first_run_at})
    lane, _, asked = lane_of(monkeypatch, replace(RUN, items=40, answered=3, drifted=False, detail=detail))
    await lane.step()
    expected = {"judge": "quality", "set": "frozen", "answered": 3, "items": 40}
    assert asked.told == (
        [("warning", "a judge has too few answers to measure later ones by", expected)] if warns else []
    )


async def test_a_judge_that_says_nothing_is_a_warning_and_is_not_asked_at_every_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lane, counters, asked = lane_of(monkeypatch, SaidNothingError("quality", "frozen", "reply_no_json"))
    await lane.step()
    assert asked.told == [
        (
            "warning",
            "a judge said nothing about a frozen set",
            {"judge": "quality", "set": "frozen", "why": "reply_no_json"},
        )
    ]
    assert dict(counters.series("judge_canary_runs_total")) == {LABELS: 1}
    asked.now += 3599
    await lane.step()
    asked.now += 3601
    await lane.step()
    assert [passed_over for _, passed_over in asked] == [[], [("frozen", "quality")], []]
