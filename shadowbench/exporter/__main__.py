"""The exporter process: `python -m shadowbench.exporter`, options as JSON from its parent."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.exporter.options import ExporterOptions
from shadowbench.exporter.shipment import retry_delay_s
from shadowbench.exporter.shipping import Shipper, reason_of
from shadowbench.worker import Parent, from_json, run

_NICENESS = 15  # behind everything that has to do with traffic


class Exporter:
    """Runs exports, and counts how they go."""

    def __init__(self, options: ExporterOptions, parent: Parent, shipper: Shipper) -> None:
        self._options = options
        self._parent = parent
        self._shipper = shipper
        self._failures = 0  # in a row
        self._whole_at = time.monotonic()  # when the last export began that sent all there was

    def set_gauges(self) -> None:
        """Before each snapshot."""
        self._parent.counters.gauge("export_lag_seconds", time.monotonic() - self._whole_at)

    async def export(self, deadline: float | None = None) -> float:
        """Send all there is, file by file; after `deadline` (monotonic) no new one is begun. Seconds until the next try."""
        began = time.monotonic()
        try:
            while deadline is None or time.monotonic() < deadline:
                shipped = await asyncio.to_thread(self._shipper.step)
                if shipped is None:
                    self._succeeded(began)
                    break
                if shipped.name is not None:
                    self._parent.counters.add("export_files_total")
        except ConfigurationError:
            raise
        except (UnavailableError, OSError) as error:
            return self._failed(error)
        return max(0.0, self._options.every_s - (time.monotonic() - began))

    def _succeeded(self, began: float) -> None:
        if self._failures:
            self._parent.log("info", "the export goes on", after_failures=self._failures)
        self._failures = 0
        self._whole_at = began

    def _failed(self, error: Exception) -> float:
        reason = reason_of(error)
        self._failures += 1
        self._parent.counters.add("export_failures_total", (("reason", reason),))
        delay_s = retry_delay_s(self._failures, self._options.every_s)
        self._parent.log("error", "an export failed", reason=reason, error=str(error), again_in_s=delay_s)
        return delay_s


async def main(parent: Parent, fields: dict[str, Any]) -> None:
    """Export on schedule until drained, and once more then: the recorder has left by that time."""
    os.nice(_NICENESS)
    options = from_json(ExporterOptions, fields)
    exporter = Exporter(options, parent, Shipper(options, now=_unix_now))
    parent.before_snapshot(exporter.set_gauges)
    parent.ready()
    while not parent.draining.is_set():
        await _until(parent.draining, await exporter.export())
    await exporter.export(time.monotonic() + options.drain_s)


async def _until(event: asyncio.Event, patience_s: float) -> None:
    try:
        async with asyncio.timeout(patience_s):
            await event.wait()
    except TimeoutError:
        pass  # it is time for the next


def _unix_now() -> float:
    return time.time()  # noqa: TID251  names of files tell the time


if __name__ == "__main__":
    run(main)
