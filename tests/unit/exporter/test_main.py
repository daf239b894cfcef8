"""The exporter's rounds: when the next one is, what is counted, how late it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.exporter.__main__ import Exporter
from shadowbench.exporter.options import ExporterOptions
from shadowbench.exporter.shipping import Shipped
from shadowbench.store.base import LogError
from shadowbench.store.exporting.objects import ObjectError
from shadowbench.worker import Parent

OPTIONS = ExporterOptions(store_url="sqlite:////l.db", url="s3://b/p", every_s=100.0)
FILE, NO_FILE = Shipped(name="x", pairs=1), Shipped(name=None, pairs=0)
DENIED = ObjectError("denied", "s3://b/p: no")


class Lock:
    path = Path("/l.db.export.lock")
    is_free = True

    def take(self) -> bool:
        return self.is_free


class Steps:
    """A shipper that does as it is told."""

    def __init__(self, *steps: Shipped | Exception | None) -> None:
        self._steps: Iterator[Any] = iter(steps)
        self.lock = Lock()

    def step(self) -> Shipped | None:
        step = next(self._steps)
        if isinstance(step, Exception):
            raise step
        return step  # type: ignore[no-any-return]


class Told(Parent):
    """A parent that remembers what was logged."""

    def __init__(self) -> None:
        super().__init__("exporter")
        self.lines: list[tuple[str, str]] = []

    def log(self, level: str, event: str, **fields: object) -> None:
        self.lines.append((level, event))


def exporter(*steps: Shipped | Exception | None) -> tuple[Exporter, Told]:
    parent = Told()
    return Exporter(OPTIONS, parent, Steps(*steps)), parent  # type: ignore[arg-type]


async def test_a_round_ends_when_all_is_sent_and_the_next_is_on_schedule() -> None:
    worker, parent = exporter(FILE, NO_FILE, FILE, None)
    assert 90 < await worker.export() <= 100
    assert parent.counters.get("export_files_total") == 2
    assert parent.lines == []


async def test_failures_are_counted_told_and_tried_again_slower() -> None:
    worker, parent = exporter(DENIED, FILE, DENIED, OSError(28, "full"), None, DENIED)
    assert [await worker.export() for _ in range(3)] == [5, 10, 20]
    assert await worker.export() > 90
    assert await worker.export() == 5  # the count of failures began anew
    assert parent.counters.get("export_failures_total", (("reason", "denied"),)) == 3
    assert parent.counters.get("export_failures_total", (("reason", "disk"),)) == 1
    assert parent.counters.get("export_files_total") == 1
    assert [event for _, event in parent.lines] == ["an export failed"] * 3 + ["the export goes on", "an export failed"]


async def test_what_is_misconfigured_is_told_and_does_not_end_the_process() -> None:
    worker, parent = exporter(ConfigurationError("pip install"))
    assert await worker.export() == 5
    assert parent.counters.get("export_failures_total", (("reason", "configuration"),)) == 1


async def test_a_log_that_is_not_made_yet_is_waited_for_quietly() -> None:
    missing = LogError("other", "no pair log")
    worker, parent = exporter(missing, missing, FILE, None, missing)
    assert [await worker.export() for _ in range(2)] == [1, 1]
    assert (parent.lines, parent.counters.get("export_failures_total", (("reason", "log"),))) == ([], 0)
    await worker.export()
    await worker.export()  # one that was there and is gone
    assert parent.lines == [("error", "an export failed")]


async def test_a_log_that_is_never_made_is_told_after_a_while() -> None:
    worker, parent = exporter(*[LogError("other", "no pair log")] * 31)
    for _ in range(30):
        await worker.export()
    assert parent.lines == []
    await worker.export()
    assert parent.lines == [("error", "an export failed")]


async def test_while_another_exports_the_log_nothing_is_sent_and_that_is_told_once() -> None:
    worker, parent = exporter(FILE, None)
    lock = worker._shipper.lock
    lock.is_free = False  # type: ignore[attr-defined]
    assert [await worker.export() for _ in range(3)] == [30, 30, 30]
    lock.is_free = True  # type: ignore[attr-defined]
    await worker.export()
    assert [event for _, event in parent.lines] == [
        "another sidecar exports this log, this one does not",
        "the other sidecar is gone, this one exports",
    ]
    assert parent.counters.get("export_files_total") == 1


async def test_what_retention_removed_unsent_is_counted_and_told() -> None:
    worker, parent = exporter(Shipped(name="x", pairs=1, missed=7), FILE, Shipped(name=None, pairs=0, missed=2), None)
    await worker.export()
    assert parent.counters.get("export_missed_exchanges_total") == 9
    assert [event for _, event in parent.lines] == ["retention removed exchanges before they were exported"] * 2


async def test_after_its_deadline_no_file_is_begun() -> None:
    worker, parent = exporter()
    await worker.export(deadline=0.0)
    assert parent.counters.get("export_files_total") == 0


async def test_the_lag_counts_from_the_last_whole_round() -> None:
    worker, parent = exporter(None, DENIED)
    await worker.export()
    await worker.export()
    worker.set_gauges()
    (lag,) = [sample.value for sample in parent.counters.snapshot() if sample.name == "export_lag_seconds"]
    assert 0 <= lag < 60
