"""The lane that looks at the log: who does it, when, and what becomes of what it sees."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shadowbench.scoring import comparison_lane
from shadowbench.scoring.comparison_lane import ComparisonLane
from shadowbench.scoring.lane import Keeping, Rest
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.options import ComparisonOptions
from shadowbench.signals import Counters, Sample
from shadowbench.store.opening import open_log, open_score_log

OPTIONS = ComparisonOptions(every_s=300.0, policy={"name": "p"}, candidates=("small",), again=())
LABELS = {"candidate": "small", "measure": "latency"}
# Answers with the row that it finds in the file, and notes that it was asked.
LOOK = """
import json, os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
asked = json.load(sys.stdin)
with (folder / "asked").open("a") as file:
    file.write(json.dumps([asked, os.environ.get("OMP_NUM_THREADS"), os.environ.get("KEY")]) + "\\n")
said = (folder / "said").read_text()
if not said:
    sys.exit("no such log")
print(said)
"""


class Scene:
    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.now = 1000.0
        self.folder, self.ledger = folder, ledger
        self.says(estimate=0.5, low=0.25, high=None, allowed=0.1, clusters=7, refuted=True)

    def says(self, **row: Any) -> None:
        (self.folder / "said").write_text(json.dumps([{"labels": LABELS, **row}]) if row else "")

    def lane(self, owner: str = "me", command: tuple[str, ...] | None = None) -> tuple[ComparisonLane, Counters]:
        counters = Counters()
        lane = ComparisonLane(
            OPTIONS,
            store_url="sqlite:////log",
            ledger=self.ledger,
            keeping=Keeping(owner=owner, lease_s=60.0, now=lambda: self.now),
            counters=counters,
            environ={"PATH": "/usr/bin"},
            command=command or (sys.executable, "-c", LOOK, str(self.folder)),
        )
        return lane, counters

    @property
    def asked(self) -> list[Any]:
        file = self.folder / "asked"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    url = f"sqlite:///{tmp_path}/pairs.db"
    open_log(url, "write").close()
    ledger = Ledger(open_score_log(url, "change"))
    yield Scene(tmp_path, ledger)
    ledger.close()


def gauges(counters: Counters) -> dict[str, float]:
    return {each.name: each.value for each in counters.snapshot() if each.kind == "gauge"}


async def test_what_was_seen_is_told_and_a_bound_that_is_not_there_is_not(scene: Scene) -> None:
    lane, counters = scene.lane()
    assert await lane.step() == Rest(why="idle", for_s=20.0, is_over=True)
    assert gauges(counters) == {
        "comparison_estimate": 0.5,
        "comparison_low": 0.25,
        "comparison_allowed": 0.1,
        "comparison_clusters": 7,
        "comparison_refuted": 1,
        "comparison_timestamp_seconds": 1000.0,
    }
    assert (
        Sample(name="comparison_estimate", labels=tuple(LABELS.items()), value=0.5, kind="gauge") in counters.snapshot()
    )
    told = {"store_url": "sqlite:////log", "policy": {"name": "p"}, "candidates": ["small"], "again": []}
    assert scene.asked == [[told, "1", None]]


async def test_it_looks_again_when_it_is_time_and_forgets_what_is_no_more(scene: Scene) -> None:
    lane, counters = scene.lane()
    await lane.step()
    scene.now += 299
    await lane.step()
    assert len(scene.asked) == 1
    (scene.folder / "said").write_text("[]")
    scene.now += 1
    await lane.step()
    assert len(scene.asked) == 2
    assert gauges(counters) == {"comparison_timestamp_seconds": 1300.0}


async def test_one_of_two_looks_and_the_other_takes_over(scene: Scene) -> None:
    (ours, counters), (theirs, others) = scene.lane("me"), scene.lane("you")
    await ours.step()
    assert await theirs.step() == Rest(why="taken", for_s=20.0)
    assert (len(scene.asked), gauges(others)) == (1, {})
    scene.now += 61  # the lease ran out: that worker is gone, or stands still
    await theirs.step()
    assert gauges(others)["comparison_estimate"] == 0.5
    await ours.step()  # it only stood still, and must not tell the same series
    assert gauges(counters) == {}


async def test_a_look_that_fails_leaves_what_was_seen_before(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    lane, counters = scene.lane()
    await lane.step()
    scene.says()
    scene.now += 300
    await lane.step()
    assert gauges(counters)["comparison_timestamp_seconds"] == 1000.0
    assert {dict(labels)["result"]: n for labels, n in counters.series("comparison_runs_total")} == {
        "done": 1,
        "failed": 1,
    }
    assert "no such log" in capfd.readouterr().err


async def test_a_look_that_cannot_be_begun_is_told(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    lane, _ = scene.lane(command=("/nowhere/at-all",))
    assert (await lane.step()) == Rest(why="idle", for_s=20.0, is_over=True)
    assert "No such file" in capfd.readouterr().err


async def test_a_look_without_end_is_ended(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison_lane, "_LOOK_S", 0.05)
    monkeypatch.setattr(comparison_lane, "_LIMIT_S", 0.2)
    lane, counters = scene.lane(command=(sys.executable, "-c", "import time; time.sleep(600)"))
    await lane.step()
    assert counters.get("comparison_runs_total", (("result", "failed"),)) == 1
