"""The scoring worker: opens the log, runs its lanes side by side until it is told to go, gives its leases back."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator, Mapping

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.scoring.lane import Keeping, Lane, Rest
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.metric_lane import MetricLane
from shadowbench.scoring.options import RunnerOptions, ScoringOptions
from shadowbench.scoring.running import MetricRunner
from shadowbench.store.base import LogError
from shadowbench.store.opening import open_score_log
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
        ledger = Ledger(log)
        lanes = list(self._lanes(ledger))
        try:
            for lane in lanes:
                await lane.start()
            self._parent.ready()
            await self._until_done(lanes)
        finally:
            for lane in lanes:
                await lane.stop()
            await ledger.do(lambda log: log.release(self._keeping.owner))
            ledger.close()

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

    def _lanes(self, ledger: Ledger) -> Iterator[Lane]:
        options = self._options
        if options.metrics:
            runner = RunnerOptions(
                store_url=options.store_url, metrics=options.metrics, timeout_s=options.metric_timeout_s
            )
            without_keys = {name: value for name, value in self._environ.items() if name not in secrets_of(options)}
            yield MetricLane(ledger, MetricRunner(runner, without_keys), self._keeping, self._parent.counters)

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
            rest = await self._step(lane)
            if rest is None:
                waited_s = 0.0
                continue
            pause_s = self._options.poll_s if rest.for_s is None else rest.for_s
            if self._options.once and (rest.is_over or waited_s + pause_s > self._patience_s(rest)):
                self._parent.counters.gauge("scoring_lane_over", 1, (("lane", lane.name), ("reason", rest.why)))
                return
            waited_s += pause_s
            await self._pause(pause_s)

    def _patience_s(self, rest: Rest) -> float:
        """Others may be at it for as long as they live, and a lease longer."""
        return float("inf") if rest.why == "taken" else _PATIENCE_S

    async def _step(self, lane: Lane) -> Rest | None:
        try:
            return await lane.step()
        except LogError as error:
            self._parent.counters.add("scoring_store_failures_total", (("reason", error.reason),))
            self._parent.log("error", "the log refused", lane=lane.name, reason=error.reason, error=str(error))
            return Rest(why=error.reason, for_s=_REFUSED_S)

    async def _report(self, lanes: list[Lane]) -> None:
        while True:
            for lane in lanes:
                try:
                    await lane.report()
                except LogError:
                    pass  # its next step meets the same, and tells
            await asyncio.sleep(_REPORT_ONCE_S if self._options.once else _REPORT_S)

    async def _pause(self, for_s: float) -> None:
        try:
            async with asyncio.timeout(for_s):
                await self._parent.draining.wait()
        except TimeoutError:
            pass  # it is time for the next


def secrets_of(options: ScoringOptions) -> frozenset[str]:
    """The variables of the environment that are judges' alone."""
    keys = (each.endpoint.api_key_env for each in options.judges if each.endpoint is not None)
    return frozenset(key for key in keys if key is not None)


def unix_now() -> float:
    """Unix seconds."""
    return time.time()  # noqa: TID251  leases of several machines have one clock in common
