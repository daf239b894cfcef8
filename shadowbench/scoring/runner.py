"""The process that runs metrics: `python -m shadowbench.scoring.runner`, started by a scoring worker.

It opens the log for reading only, and starts without the keys of judges. Its worker ends it when a call does not end; when the
worker dies, it dies, too.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from shadowbench.errors import ShadowbenchError
from shadowbench.metrics.base import Value
from shadowbench.metrics.binding import BoundMetric, bind_all
from shadowbench.metrics.running import Guard, score
from shadowbench.metrics.view import PairView
from shadowbench.metrics.watching import watched
from shadowbench.scores import PairRef, Score
from shadowbench.scoring.beat import Beat
from shadowbench.scoring.deadline import Deadline
from shadowbench.scoring.messages import Done, Task, pack, ready, received, unpack
from shadowbench.scoring.options import RunnerOptions
from shadowbench.scoring.ties import die_with_parent
from shadowbench.scoring.views import views
from shadowbench.store.base import PairLog
from shadowbench.store.opening import open_log
from shadowbench.worker import describe, forbid_core_dumps, from_json

# How long a task may take before what is done is handed over. A slow metric then loses little to a crash, and shows progress.
_TURN_S = 2.0


class Runner:
    """Scores the pairs of tasks, one after the other."""

    def __init__(self, log: PairLog, metrics: Sequence[BoundMetric], beat: Beat, guard: Guard) -> None:
        self._log = log
        self._metrics = metrics
        self._beat = beat
        self._guard = guard
        self._pid = os.getpid()

    def run(self, task: Task) -> Done:
        """The scores. It stops behind a pair for which a metric had to be interrupted, so that the worker decides whether that
        metric is called once more; and after a while, so that what is done is entered and does not depend on what follows."""
        scores: list[Score] = []
        enough_at = time.monotonic() + _TURN_S
        fresh: Counter[str] = Counter()
        names: dict[PairRef, str] = {}
        complete = True
        for pair in self._pairs(task):
            made = [self._score(pair, metric) for metric in task.pairs[pair.ref]]
            scores += made
            names[pair.ref] = name = pair.candidate.observation.endpoint
            fresh[name] += len(made) == task.whole
            if (
                any("timed_out" in (each.reason, each.production_reason) for each in made)
                or time.monotonic() > enough_at
            ):
                complete = False
                break
        return Done(scores=scores, complete=complete, resident_bytes=resident_bytes(), fresh=+fresh, names=names)

    def _pairs(self, task: Task) -> Iterator[PairView]:
        sides: dict[int, set[int]] = {}
        for ref in task.pairs:
            sides.setdefault(ref.number, set()).add(ref.side)
        after, at_end = task.first - 1, False
        while not at_end:
            page = self._log.page(after=after, upto=task.last, with_bodies="request")
            for number, exchange in zip(page.numbers, page.exchanges, strict=True):
                if number in sides:
                    yield from views(exchange, number, sides[number], reference=task.references.get(number))
            after, at_end = page.last, page.at_end

    def _score(self, pair: PairView, metric: int) -> Score:
        def guarded(function: Any) -> Value:
            self._beat.begin(pair.ref.number, pair.ref.side, metric, time.monotonic())
            return self._guard(function)

        try:
            return score(self._metrics[metric], pair, metric, guarded)
        finally:
            if os.getpid() != self._pid:
                os._exit(0)  # a metric forked, and this is the copy: the scores are the other one's business
            self._beat.end()


def serve(runner: Runner, wire: socket.socket) -> None:
    """Do what comes, until the worker hangs up."""
    with wire.makefile("rb") as incoming:
        while True:
            try:
                task = Task.of(received(incoming))
            except EOFError:
                return
            try:
                done = runner.run(task)
            except ShadowbenchError as error:
                wire.sendall(pack({"failed": str(error)}))
                continue
            wire.sendall(pack(done.told()))


def resident_bytes() -> int:
    """Memory of this process."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def main(options: RunnerOptions) -> None:
    """Load the metrics, say which they are, and serve."""
    wire = socket.socket(fileno=options.socket_fd)
    wire.setblocking(True)
    try:
        with watched(lambda what: wire.sendall(pack({"running": what}))):
            metrics = bind_all(options.metrics)
        log = open_log(options.store_url, "read")
    except ShadowbenchError as error:
        wire.sendall(pack({"refused": str(error), "exit_code": error.exit_code}))
        return
    runner = Runner(log, metrics, Beat(options.page_fd), deadline := Deadline(options.timeout_s))
    # As workers do: nearly all that a pair takes dies with it, and the collector need not look at the libraries again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 100)
    wire.sendall(pack(ready(each.measure for each in metrics)))
    try:
        serve(runner, wire)
    finally:
        deadline.stop()


def _prepare(max_bytes: int) -> int:
    """Limits, and where the last word goes: what a metric prints may be a user's text, and goes nowhere."""
    forbid_core_dumps()
    told = os.dup(2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; what it means is the worker's to decide
    die_with_parent()
    os.register_at_fork(after_in_child=die_with_parent)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (max_bytes, hard))
    return told


if __name__ == "__main__":
    given = from_json(RunnerOptions, unpack(os.environb.pop(b"SHADOWBENCH_RUNNER")))
    stderr = _prepare(given.max_bytes)
    try:
        main(given)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the worker is gone
    except Exception as error:  # noqa: BLE001  the end of the process: one line instead of a traceback
        os.write(stderr, f"runner: {describe(error)}\n".encode())
        sys.exit(1)
