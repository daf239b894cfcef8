"""One scenario: a sidecar that goes on, and windows of the same load with mirroring off and on, in the order off on on off.

Only mirroring (and its fault) differs between the arms: the same processes, connections and arrivals. What drifts evenly
within a round hits both alike.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.isolation.companions import Companion
from benchmarks.isolation.faults import Done, small_disk
from benchmarks.isolation.intervals import PROMISED, PROMISED_OF, paired
from benchmarks.isolation.load import Window, WindowResult
from benchmarks.isolation.origin import Mood
from benchmarks.isolation.scenarios import Scenario
from benchmarks.isolation.sidecar import PROXY_CORE, WORLD_CORE, Sidecar, get_counts
from benchmarks.processes import free_port, start_module, wait_for_port
from benchmarks.quantiles import percentile

ORDER = ("off", "on", "on", "off")
MEASURES = ("whole", "first_byte", "last_byte", "at_once")
QUANTILES = (0.5, 0.9, 0.99)
_WARM_UP_S = 1.0
_BEGINS_S = 0.5  # what streams do at first, when all buffers are empty, is over
_WARM_UP_SEED = 1_000_000
_ROUNDS_MORE = 5  # at a time, where intervals are wide still


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How long, and how much."""

    rounds: int  # at least
    most_rounds: int
    seconds: float  # of each arm in each round, in two windows
    rate: float
    apart: bool = True  # mirror and recorder beside the world; False: beside the proxy
    shield: bool = False  # strangers on the proxy's core wait for it
    awake: bool = True  # no core falls asleep between requests

    def is_over(self, done: int, off: Arm, on: Arm) -> bool:
        """Whether so many rounds are enough: no interval is too wide to show its promise, or there is no patience left."""
        if done < self.rounds or done >= self.most_rounds:
            return done >= self.rounds
        return (done - self.rounds) % _ROUNDS_MORE == 0 and all(
            paired(off.quantiles(measure, share), on.quantiles(measure, share)).would_show(promised)
            for measure in PROMISED_OF
            for share, promised in PROMISED.items()
        )


@dataclass(slots=True, kw_only=True)
class Arm:
    """What one arm saw."""

    asked: int = 0
    identical: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    # By measure, of each round: times in µs, sorted.
    times_us: dict[str, list[list[float]]] = field(default_factory=lambda: {name: [] for name in MEASURES})
    proxy_cpu_s: float = 0.0
    own_delay_p99_us: list[float] = field(default_factory=list)

    def quantiles(self, measure: str, share: float) -> list[float]:
        """Of each round, in µs."""
        return [percentile(times, share) for times in self.times_us[measure]]

    @property
    def rounds(self) -> int:
        """How many there were."""
        return len(self.times_us[MEASURES[0]])

    def new_round(self) -> None:
        """What is added from now on belongs to the next one."""
        for times in self.times_us.values():
            times.append([])

    def add(self, result: WindowResult, proxy_cpu_s: float) -> None:
        """One window."""
        self.asked += result.asked
        self.identical += result.identical
        self.errors.update(result.errors)
        self.proxy_cpu_s += proxy_cpu_s
        self.own_delay_p99_us.append(result.own_delay_p99_us)
        for measure in MEASURES:
            came: list[int] = getattr(result, f"{measure}_ns")
            self.times_us[measure][-1] = sorted([*self.times_us[measure][-1], *(ns / 1000 for ns in came)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """All of one scenario."""

    scenario: Scenario
    off: Arm
    on: Arm
    proxy_mib: tuple[float, float]  # before and after
    signals: dict[tuple[str, str], float]  # what was counted meanwhile
    candidate: dict[str, int]  # what it says about itself
    companion: dict[str, int]
    done: dict[str, int]  # what was done to the sidecar
    goes_first: bool  # whether load and production had priority


class Talker:
    """A process of ours that answers a line with a line."""

    def __init__(self, module: str, *arguments: object, stack: ExitStack) -> None:
        command = ["taskset", "-c", str(WORLD_CORE), sys.executable, "-m", module, *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.callback(self._end)

    def ask(self, line: str) -> dict[str, Any]:
        """Its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.heard()

    def heard(self) -> dict[str, Any]:
        """The next line. Raises RuntimeError when it ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended")
        said: dict[str, Any] = json.loads(line)
        return said

    def _end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.terminate()
        self._process.wait(10)


def _start_origin(port: int, mood: Mood, folder: Path, stack: ExitStack) -> int:
    """Its process id, once it listens."""
    log = folder / "origins.log"
    process = start_module("benchmarks.isolation.origin", port, mood, core=WORLD_CORE, stack=stack, log=log)
    wait_for_port(port, process, log)
    return process.pid


class Stage:
    """Everything that runs for one scenario."""

    def __init__(self, scenario: Scenario, course: Course, folder: Path, stack: ExitStack) -> None:
        self._scenario = scenario
        self._course = course
        disk = stack.enter_context(small_disk(folder / "disk")) if scenario.small_disk else folder
        self._store = disk / "pairs.db"
        production, self._candidate = free_port(), free_port()
        _start_origin(production, Mood.PRODUCTION, folder, stack)
        self._candidate_pid = _start_origin(self._candidate, scenario.mood, folder, stack)
        self._sidecar = Sidecar(
            folder,
            stack,
            production=production,
            candidate=self._candidate,
            store=self._store,
            apart=course.apart,
            shield=course.shield,
        )
        self._sidecar.until_it_mirrors()
        for core in (PROXY_CORE, WORLD_CORE) if course.awake else ():
            start_module("benchmarks.isolation.awake", core=core, stack=stack, log=folder / "awake.log")
        self._load = Talker("benchmarks.isolation.load", self._sidecar.port, stack=stack)
        self._companion = self._start_companion(scenario.companion, stack)
        self._next_number = 0
        self._done: Done = Counter()
        self._goes_first = False

    def _start_companion(self, companion: Companion | None, stack: ExitStack) -> Talker | None:
        if companion is None:
            return None
        talker = Talker("benchmarks.isolation.companions", self._sidecar.port, companion, stack=stack)
        talker.heard()
        return talker

    def run(self, told: Callable[[int], None]) -> ScenarioResult:
        """All rounds; `told` hears the number of each."""
        off, on = Arm(), Arm()
        with self._mirroring(on=True):  # what is slow the first time is over before anything counts
            self._window(_WARM_UP_SEED, _WARM_UP_S)
        before, mib = self._sidecar.signals(), self._sidecar.proxy_mib()
        candidate = get_counts(self._candidate)
        self._done.clear()
        for number in count():
            if self._course.is_over(number, off, on):
                break
            told(number)
            off.new_round()
            on.new_round()
            self._round(number, off, on)
        after = self._sidecar.signals()
        return ScenarioResult(
            scenario=self._scenario,
            off=off,
            on=on,
            proxy_mib=(mib, self._sidecar.proxy_mib()),
            signals={key: value - before.get(key, 0.0) for key, value in after.items() if key[0].endswith("_total")},
            candidate={k: v - candidate.get(k, 0) for k, v in get_counts(self._candidate).items()},
            companion=self._companion.ask("end") if self._companion else {},
            done=dict(self._done),
            goes_first=self._goes_first,
        )

    def _round(self, number: int, off: Arm, on: Arm) -> None:
        # The halves of a round have a seed each, so that both arms get the same arrivals.
        seeds, half = (2 * number, 2 * number + 1), self._course.seconds / 2
        self._measure(off, seeds[0], half)
        with self._mirroring(on=self._scenario.mirrors):
            self._measure(on, seeds[0], half)
            self._measure(on, seeds[1], half)
        self._measure(off, seeds[1], half)

    @contextmanager
    def _mirroring(self, *, on: bool) -> Iterator[None]:
        if on:
            self._sidecar.switch(on=True)
            with self._scenario.fault(self._sidecar, self._store, self._done):
                yield
        else:
            yield
        self._sidecar.switch(on=False)
        self._sidecar.settle(self._candidate_pid)

    def _again(self) -> None:
        """What is beside begins anew before every window: streams are copied only if mirroring was on as they began, and
        large bodies come at the same moments of each window."""
        if self._companion is not None:
            self._companion.ask("again")
            time.sleep(_BEGINS_S)

    def _measure(self, arm: Arm, seed: int, seconds: float) -> None:
        self._again()
        cpu_s = self._sidecar.proxy_cpu_s()
        result = self._window(seed, seconds)
        arm.add(result, self._sidecar.proxy_cpu_s() - cpu_s)

    def _window(self, seed: int, seconds: float) -> WindowResult:
        window = Window(seed=seed, first=self._next_number, rate=self._course.rate, seconds=seconds)
        fields = {name: getattr(window, name) for name in window.__slots__}
        result = WindowResult(**self._load.ask(json.dumps(fields)))
        self._next_number += result.asked
        self._goes_first = result.goes_first
        return result
