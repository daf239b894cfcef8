"""The exporter's rounds: when the next one is, what is counted, how late it is."""

from collections.abc import Iterator
from typing import Any

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.exporter.__main__ import Exporter
from shadowbench.exporter.options import ExporterOptions
from shadowbench.exporter.shipping import Shipped
from shadowbench.store.exporting.objects import ObjectError
from shadowbench.worker import Parent

OPTIONS = ExporterOptions(store_url="sqlite:////l.db", url="s3://b/p", every_s=100.0)
FILE, NO_FILE = Shipped(name="x", pairs=1), Shipped(name=None, pairs=0)
DENIED = ObjectError("denied", "s3://b/p: no")


class Steps:
    """A shipper that does as it is told."""

    def __init__(self, *steps: Shipped | Exception | None) -> None:
        self._steps: Iterator[Any] = iter(steps)

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


async def test_what_is_misconfigured_ends_the_process() -> None:
    worker, _ = exporter(ConfigurationError("pip install"))
    with pytest.raises(ConfigurationError):
        await worker.export()


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
