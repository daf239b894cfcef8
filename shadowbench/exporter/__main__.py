"""The exporter process: `python -m shadowbench.exporter`, options as JSON from its parent."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from shadowbench.errors import ShadowbenchError
from shadowbench.exporter.options import ExporterOptions
from shadowbench.exporter.shipment import retry_delay_s
from shadowbench.exporter.shipping import Shipped, Shipper, reason_of
from shadowbench.worker import Parent, from_json, run

# A recorder makes the log within a second or two of its start; on a machine that is busy starting, later.
_LOG_WITHIN_S = 30.0
_LOG_AGAIN_S = 1.0
# How often the bookmark is tried for that another exporter has.
_OTHERS_TURN_S = 30.0
_NICENESS = 15  # behind everything that has to do with traffic


class Exporter:
    """Runs exports, and counts how they go."""

    def __init__(self, options: ExporterOptions, parent: Parent, shipper: Shipper) -> None:
        self._options = options
        self._parent = parent
        self._shipper = shipper
        self._failures = 0  # in a row
        self._is_idle = False  # another exporter has the bookmark
        self._patience_s = _LOG_WITHIN_S  # left for the recorder to make the log; none once there was one
        self._whole_at = time.monotonic()  # when the last export began that sent all there was

    def set_gauges(self) -> None:
        """Before each snapshot."""
        self._parent.counters.gauge("export_lag_seconds", time.monotonic() - self._whole_at)

    async def export(self, deadline: float | None = None) -> float:
        """Send all there is, file by file; after `deadline` (monotonic) no new one is begun. Seconds until the next try."""
        began = time.monotonic()
        try:
            if not self._is_ours():
                return min(_OTHERS_TURN_S, self._options.every_s)
            while deadline is None or time.monotonic() < deadline:
                shipped = await asyncio.to_thread(self._shipper.step)
                self._patience_s = 0.0
                if shipped is None:
                    self._succeeded(began)
                    break
                self._count(shipped)
        except (ShadowbenchError, OSError) as error:
            return self._failed(error)
        return max(0.0, self._options.every_s - (time.monotonic() - began))

    def _is_ours(self) -> bool:
        """Whether this exporter has the bookmark. Another one that does is told about once."""
        was_idle, self._is_idle = self._is_idle, not self._shipper.lock.take()
        if self._is_idle and not was_idle:
            lock = str(self._shipper.lock.path)
            self._parent.log("warning", "another sidecar exports this log, this one does not", lock=lock)
        elif was_idle and not self._is_idle:
            self._parent.log("info", "the other sidecar is gone, this one exports")
        return not self._is_idle

    def _count(self, shipped: Shipped) -> None:
        if shipped.name is not None:
            self._parent.counters.add("export_files_total")
        if shipped.missed:
            self._parent.counters.add("export_missed_exchanges_total", n=shipped.missed)
            self._parent.log("error", "retention removed exchanges before they were exported", exchanges=shipped.missed)

    def _succeeded(self, began: float) -> None:
        if self._failures:
            self._parent.log("info", "the export goes on", after_failures=self._failures)
        self._failures = 0
        self._whole_at = began

    def _failed(self, error: Exception) -> float:
        reason = reason_of(error)
        if self._patience_s > 0 and reason == "log":
            # At the first start the recorder is just about to make it.
            self._patience_s -= _LOG_AGAIN_S
            return _LOG_AGAIN_S
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
