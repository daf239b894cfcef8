"""The scoring worker: opens the log, runs its lanes side by side until it is told to go, gives its leases back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.judges.calls.desk import Desk, Surroundings
from shadowbench.scores import Measure
from shadowbench.scoring.bench import Bench
from shadowbench.scoring.built import build_judges
from shadowbench.scoring.checking import may_run_plugins
from shadowbench.scoring.comparison_lane import ComparisonLane
from shadowbench.scoring.funnel_note import FunnelNote
from shadowbench.scoring.judging import WAITING
from shadowbench.scoring.lane import IDLE, TAKEN, Keeping, Lane, Rest
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.metric_lane import MetricLane
from shadowbench.scoring.options import RunnerOptions, ScoringOptions
from shadowbench.scoring.running import MetricRunner
from shadowbench.scoring.segment_lane import SegmentLane
from shadowbench.scoring.trying import try_out
from shadowbench.store.base import LogError, PairLog
from shadowbench.store.displaced import File, file_at
from shadowbench.store.opening import open_log, open_score_log, path_of
from shadowbench.store.scoring import ScoreLog
from shadowbench.worker import Parent

# A recorder makes the log within a second or two of its start; on a machine that is busy starting, later.
_LOG_WITHIN_S = 30.0
_LOG_AGAIN_S = 1.0
# What a lane waits after the log refused, which it does when the disk is full or another holds it for long.
_REFUSED_S = 5.0
_REPORT_S = 5.0
_REPORT_ONCE_S = 0.5  # somebody is looking
# A run that is to end does not wait for an endpoint longer than this in all.
_PATIENCE_S = 120.0


class Scorer:
    """One worker. `environ` has the keys of judges; the runner of metrics does not get them."""

    def __init__(self, options: ScoringOptions, parent: Parent, environ: Mapping[str, str]) -> None:
        self._options = options
        self._parent = parent
        self._environ = environ
        self._finished: set[str] = set()
        self._funnel: FunnelNote | None = None
        self._file: File | None = None  # which file the log was when it was opened
        self._keeping = Keeping(
            owner=f"{options.name}@{socket.gethostname()}:{os.getpid()}", lease_s=options.lease_s, now=unix_now
        )

    async def run(self) -> None:
        """Score. Raises UnavailableError when there is no log, or when scoring cannot work as configured.

        Where it is all that runs (`once`) the latter is a ConfigurationError, which ends a parent: traffic goes on without
        scores.
        """
        try:
            await self._run()
        except ConfigurationError as error:
            if self._options.once:
                raise
            raise UnavailableError(str(error)) from error

    async def _run(self) -> None:
        log = await self._opened()
        if log is None:
            return
        self._file = self._file_now()
        async with contextlib.AsyncExitStack() as held:
            ledger = Ledger(log)
            held.callback(ledger.close)
            held.push_async_callback(ledger.do, lambda log: log.release(self._keeping.owner))
            lanes = [lane async for lane in self._lanes(ledger, held)]
            self._parent.ready()
            await self._until_done(lanes)
            await self._report_on(lanes)  # what is left, for who asks why it ended

    async def _opened(self) -> ScoreLog | None:
        """The log; None when this is to end before there is one."""
        give_up_at = time.monotonic() + _LOG_WITHIN_S
        while not self._parent.draining.is_set():
            try:
                return await asyncio.to_thread(open_score_log, self._options.store_url, "change")
            except UnavailableError:
                if self._options.once or time.monotonic() > give_up_at:
                    raise
            await self._pause(_LOG_AGAIN_S)
        return None

    async def _lanes(self, ledger: Ledger, held: contextlib.AsyncExitStack) -> AsyncIterator[Lane]:
        """The lanes, ready to work; `held` lets go of what they have."""
        options, measures, numbers, scoring = self._options, list[Measure](), list[int](), list[str]()
        done = list[int]()  # measures that are to have scored a pair before it is over
        if options.metrics:
            runner = RunnerOptions(
                store_url=options.store_url, metrics=options.metrics, timeout_s=options.metric_timeout_s
            )
            metrics = MetricLane(
                ledger, MetricRunner(runner, self._without_keys()), self._keeping, self._parent.counters
            )
            held.push_async_callback(metrics.stop)
            await metrics.start()
            self._funnel = FunnelNote(self._keeping, metrics.fresh, held.enter_context(_writing(options.store_url)))
            held.push_async_callback(asyncio.to_thread, self._funnel.put)
            measures, numbers = list(metrics.measures), list(metrics.numbers)
            scoring.append(metrics.name)
            done = list(metrics.numbers)
            yield metrics
        if options.judges:
            by_name = {measure.name: measure for measure in measures}
            if may_run_plugins(options):
                await asyncio.to_thread(try_out, options)  # here one that hangs would hold up everything
            judges = build_judges(options.judges, by_name)
            fresh = [each.measure for each in judges.values()]
            registered = await ledger.do(lambda log: log.register(fresh))
            numbers += registered
            # Whom others ask, as a cascade does, has no pairs of its own to be done with.
            done += [number for each, number in zip(judges.values(), registered, strict=True) if each.has_lane]
            desk = await held.enter_async_context(Desk(self._surroundings(ledger)))
            self._parent.before_snapshot(desk.report)
            bench = Bench(
                judges=judges,
                measures=by_name,
                numbers=dict(zip((each.name for each in (*measures, *fresh)), numbers, strict=True)),
                desk=desk,
                ledger=ledger,
                keeping=self._keeping,
                counters=self._parent.counters,
            )
            for each in judges.values():
                if each.has_lane:
                    reading = open_log(options.store_url, "read")
                    held.callback(reading.close)
                    lane = bench.lane(each, reading)
                    scoring.append(lane.name)
                    yield lane
            canaries = bench.canaries(every_s=options.canaries_every_s, log_url=options.store_url)
            if canaries is not None and not options.once:
                yield canaries
        if scoring:
            yield SegmentLane(ledger, self._keeping, measures=done, needs=scoring)
        if options.comparison is not None and not options.once:
            yield ComparisonLane(
                options.comparison,
                store_url=options.store_url,
                ledger=ledger,
                keeping=self._keeping,
                counters=self._parent.counters,
                environ=self._without_keys(),
            )

    def _without_keys(self) -> dict[str, str]:
        """The environment for processes that call no judge."""
        keys = secrets_of(self._options)
        return {name: value for name, value in self._environ.items() if name not in keys}

    def _surroundings(self, ledger: Ledger) -> Surroundings:
        """What all calls have in common."""
        return Surroundings(
            book=ledger,
            pricing=self._options.pricing,
            environ=self._environ,
            counters=self._parent.counters,
            owner=self._keeping.owner,
            unix=unix_now,
            chance=random.random,
        )

    async def _until_done(self, lanes: list[Lane]) -> None:
        """Run all lanes. After the word to drain each ends the claim that it is at, or is cut short."""
        loop = asyncio.get_running_loop()
        reporting = loop.create_task(self._report(lanes))
        running = [loop.create_task(self._work(lane)) for lane in lanes]
        draining = loop.create_task(self._parent.draining.wait())
        try:
            while running and not draining.done():
                done, _ = await asyncio.wait([*running, draining], return_when=asyncio.FIRST_COMPLETED)
                running = [task for task in running if task not in done]
                for task in done - {draining}:
                    task.result()  # raises what ended it
            if running:
                await asyncio.wait(running, timeout=self._options.drain_s)
        finally:
            for task in (reporting, draining, *running):
                task.cancel()
            await asyncio.wait([reporting, draining, *running])

    async def _work(self, lane: Lane) -> None:
        waited_s = 0.0
        while not self._parent.draining.is_set():
            had_all = self._finished.issuperset(lane.needs)  # before it looks: it may miss what comes while it does
            rest = await self._step(lane)
            if rest is None:
                waited_s = 0.0
                continue
            ends_by_itself = self._options.once and rest.is_over  # no time helps, only what others bring
            pause_s = self._options.poll_s if rest.for_s is None or ends_by_itself else rest.for_s
            if self._options.once and (rest is IDLE or (had_all and waited_s + pause_s > _patience_s(rest))):
                self._parent.counters.gauge("scoring_lane_over", 1, (("lane", lane.name), ("reason", rest.why)))
                self._finished.add(lane.name)
                return
            waited_s += pause_s
            await self._pause(pause_s)

    def _file_now(self) -> File | None:
        return file_at(path_of(self._options.store_url))

    async def _step(self, lane: Lane) -> Rest | None:
        if self._file_now() != self._file:
            raise UnavailableError(
                "the pair log was moved, replaced or deleted: scoring begins anew with the one that is there"
            )
        try:
            return await lane.step()
        except LogError as error:
            self._parent.counters.add("scoring_store_failures_total", (("reason", error.reason),))
            self._parent.log("error", "the log refused", lane=lane.name, reason=error.reason, error=str(error))
            return Rest(why=error.reason, for_s=_REFUSED_S)

    async def _report(self, lanes: list[Lane]) -> None:
        while True:
            await self._report_on(lanes)
            if self._funnel is not None:
                await asyncio.to_thread(self._funnel.put)
            await asyncio.sleep(_REPORT_ONCE_S if self._options.once else _REPORT_S)

    async def _report_on(self, lanes: Iterable[Lane]) -> None:
        for lane in lanes:
            try:
                await lane.report()
            except LogError:
                pass  # its next step meets the same, and tells

    async def _pause(self, for_s: float) -> None:
        try:
            async with asyncio.timeout(for_s):
                await self._parent.draining.wait()
        except TimeoutError:
            pass  # it is time for the next


def _patience_s(rest: Rest) -> float:
    """How long a run that is to end waits for a lane that has all it needs: for others while they live, and a lease longer."""
    if rest.is_over or rest.why == WAITING:
        return -1.0
    return float("inf") if rest.why == TAKEN.why else _PATIENCE_S


@contextlib.contextmanager
def _writing(url: str) -> Iterator[PairLog]:
    log = open_log(url, "change")
    try:
        yield log
    finally:
        log.close()


def secrets_of(options: ScoringOptions) -> frozenset[str]:
    """The variables of the environment that are judges' alone."""
    keys = (each.endpoint.api_key_env for each in options.judges if each.endpoint is not None)
    return frozenset(key for key in keys if key is not None)


def unix_now() -> float:
    """Unix seconds."""
    return time.time()  # noqa: TID251  leases of several machines have one clock in common
