"""The recorder process: `python -m shadowbench.recorder`, options as JSON from its parent."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shadowbench import links
from shadowbench.errors import UnavailableError
from shadowbench.otlp.options import OtlpOptions
from shadowbench.otlp.outbox import Backend, Outbox
from shadowbench.pricing import Pricer
from shadowbench.recorder.calls import calls_of
from shadowbench.recorder.exchange import Reader
from shadowbench.recorder.histograms import MAX_TARGETS, Histograms
from shadowbench.recorder.lock import HeldElsewhereError, LogLock
from shadowbench.recorder.options import RecorderOptions, TargetOptions
from shadowbench.recorder.raw import RawExchange
from shadowbench.recorder.redact_content import redactor_for
from shadowbench.recorder.server import Recorder
from shadowbench.recorder.writer import BatchBounds, Report, Writer
from shadowbench.records import Exchange
from shadowbench.signals import Counters
from shadowbench.store.base import PairLog
from shadowbench.store.opening import open_log, path_of
from shadowbench.store.retention import Retention
from shadowbench.wire.reading import ReadingLimits
from shadowbench.worker import Parent, from_json, run

# Exchanges are trees, freed as soon as they are stored: the collector finds nothing in them, and with its usual thresholds
# it walks all that waits every few pairs, for an eighth of the process's time.
_COLLECT = (50_000, 20, 50)
_NICENESS = 10  # behind the proxy, and behind the mirror, whose calls are timed


async def main(parent: Parent, fields: dict[str, Any]) -> None:
    """Serve until drained."""
    os.nice(_NICENESS)
    options = from_json(RecorderOptions, fields)
    lock = LogLock(path_of(options.store_url))
    try:
        await lock.take_patiently()
    except HeldElsewhereError:
        raise
    except UnavailableError as error:
        # Where no lock file can be made no log can be opened either; both are tried again with the log.
        parent.log("error", "the pair log cannot be locked yet", error=str(error))
    recorder = Recorder(options, parent.counters, parent.log)
    histograms = Histograms([target.name for target in options.targets], options.buckets)
    outbox = None if options.otlp is None else build_outbox(options.otlp, parent)
    recorder.writer = build_writer(options, recorder, lock, histograms, outbox)
    parent.before_snapshot(recorder.set_gauges)
    parent.before_snapshot(lambda: histograms.report(parent.counters))
    tell_targets(options.targets, parent.counters)
    recorder.writer.start()
    server = await links.listen(Path(options.socket_path), recorder.connect)
    parent.ready()
    gc.set_threshold(*_COLLECT)  # after `ready`, which sets what suits processes that hold little
    await _first_of(parent.draining, recorder.ended)
    if recorder.fatal is None:
        await recorder.drain()
    server.close()
    lock.release()
    if outbox is not None:
        await asyncio.to_thread(outbox.stop)
    if recorder.fatal is not None:
        raise recorder.fatal


def tell_targets(targets: Sequence[TargetOptions], counters: Counters) -> None:
    """What stands behind the names of targets, for joining: as many as are counted by name."""
    for each in targets[:MAX_TARGETS]:
        labels = (("target", each.name), ("host", each.host), ("model", each.model), ("dialect", each.dialect))
        counters.gauge("target_info", 1, labels)


def build_outbox(options: OtlpOptions, parent: Parent) -> Outbox:
    """What sends calls over OTLP, begun. Its libraries are loaded by its own thread: nothing waits for them."""

    def open_backend() -> Backend:
        from shadowbench.otlp.sdk import Sdk

        return Sdk(options, os.environ)

    outbox = Outbox(options, open_backend, clock=time.monotonic)

    def report() -> None:
        outbox.report(parent.counters)
        for level, sentence in outbox.news():
            parent.log(level, sentence)

    parent.before_snapshot(report)
    outbox.start()
    return outbox


def build_writer(
    options: RecorderOptions, recorder: Recorder, lock: LogLock, histograms: Histograms, outbox: Outbox | None = None
) -> Writer:
    """The writer of these options, which reports to `recorder` on the running loop."""
    loop = asyncio.get_running_loop()
    limits = ReadingLimits(body_bytes=options.max_body_bytes, decoded_bytes=options.max_decoded_bytes)
    pricer = Pricer(options.pricing)
    reader = Reader(request_id_header=options.request_id_header, limits=limits, pricer=pricer, tell=histograms.count)
    redactor = redactor_for(options, os.environ)

    # What is done to every exchange between its bytes and the log, in this order. Prices are looked up while reading: they
    # need the usage and the models' names only, and no text of the traffic goes into them.
    def read(raw: RawExchange, counters: Counters) -> Exchange:
        exchange = redactor.redact(reader.read(raw), counters)
        if outbox is not None:
            outbox.put(lambda: calls_of(raw, exchange))
        return exchange

    def open_locked() -> PairLog:
        lock.take()
        log = open_log(options.store_url, "write")
        # Here, in the writer's thread, and not at the first pair: budgets wait for the first costs.
        pricer.prepare()
        return log

    def deliver(report: Report) -> None:
        loop.call_soon_threadsafe(recorder.on_report, report)

    return Writer(
        open_log=open_locked,
        read=read,
        bounds=BatchBounds(
            exchanges=options.max_batch_exchanges,
            raw_bytes=options.max_batch_bytes,
            body_bytes=options.max_batch_bytes,
        ),
        deliver=deliver,
        clock=time.monotonic,
        retention=Retention(options.retention, clock=time.monotonic, now=_unix_now),
    )


def _unix_now() -> float:
    return time.time()  # noqa: TID251  the age of exchanges is told by the wall


async def _first_of(*events: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        waits = [group.create_task(event.wait()) for event in events]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


if __name__ == "__main__":
    run(main)
