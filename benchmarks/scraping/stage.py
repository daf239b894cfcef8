"""The course of a run: a sidecar and its streams that go on, and windows with and without somebody who scrapes."""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.isolation.rounds import Talker
from benchmarks.isolation.sidecar import PROXY_CORE, Sidecar
from benchmarks.processes import cpu_seconds, free_port
from benchmarks.scraping.load import PATH_OF_CANDIDATE
from benchmarks.scraping.verdict import Round, Scrape, Window

_WARM_UP_S = 4.0  # longer than a stream
_EVERY_S = 1.0
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How long, and how much."""

    rounds: int
    seconds: float  # of each arm in each round, in two windows
    streams: int
    sample_rate: float
    apart: bool  # the parent beside the load, not beside the proxy
    shield: bool  # strangers on the proxy's core wait for it, and so does the parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All of a run."""

    rounds: list[Round]
    scrapes: list[Scrape]
    counted: dict[tuple[str, str], float]  # of the sidecar's own counters, meanwhile
    goes_first: bool  # whether the load had priority on its core
    parent_cpu_s: dict[str, float]  # of the process that answers scrapes, by arm
    seconds: dict[str, float]  # measured, by arm


class Scraper:
    """Reads /metrics every second while it is entered."""

    def __init__(self, port: int) -> None:
        self.scrapes: list[Scrape] = []
        self._port = port

    @contextmanager
    def scraping(self) -> Iterator[None]:
        """The first one comes half a period after the beginning."""
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _run(self, stop: threading.Event) -> None:
        due = time.monotonic() + _EVERY_S / 2
        while not stop.wait(max(0.0, due - time.monotonic())):
            self.scrapes.append(scrape(self._port))
            due += _EVERY_S


def scrape(port: int) -> Scrape:
    """As Prometheus does."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
        answer = connection.getresponse()
        size, status = len(answer.read()), answer.status
    except OSError:
        size = status = 0
    finally:
        connection.close()
    return Scrape(status=status, seconds=time.monotonic() - began, size=size)


class Stage:
    """Everything that runs."""

    def __init__(self, course: Course, folder: Path, stack: ExitStack) -> None:
        self._course = course
        production, candidate = free_port(), free_port()
        self._sidecar = Sidecar(
            folder,
            stack,
            production=production,
            candidate=candidate,
            store=folder / "pairs.db",
            apart=True,
            shield=course.shield,
            copies={
                "url": f"http://127.0.0.1:{candidate}{PATH_OF_CANDIDATE}",
                "sample_rate": course.sample_rate,
                "concurrency": 4096,
            },
        )
        arguments = (self._sidecar.port, production, candidate, course.streams)
        self._load = Talker("benchmarks.scraping.load", *arguments, stack=stack)
        self._load.heard()
        self._sidecar.until_it_mirrors()
        if not course.apart:
            _move(self._sidecar.process.pid, PROXY_CORE)
        self._scraper = Scraper(self._sidecar.admin)

    def run(self, told: Callable[[int], None]) -> Result:
        """All rounds; `told` hears the number of each."""
        began = self._load.ask("begin")
        self._window(_WARM_UP_S)
        with self._scraper.scraping():  # what is slow the first time
            self._window(2 * _EVERY_S)
        self._scraper.scrapes.clear()
        before = self._sidecar.signals()
        cpu_s, seconds = {"off": 0.0, "on": 0.0}, {"off": 0.0, "on": 0.0}
        rounds = []
        for number in range(self._course.rounds):
            told(number)
            rounds.append(self._round(cpu_s, seconds))
        after = self._sidecar.signals()
        return Result(
            rounds=rounds,
            scrapes=self._scraper.scrapes,
            counted={key: value - before.get(key, 0.0) for key, value in after.items() if key[0].endswith("_total")},
            goes_first=bool(began["goes_first"]),
            parent_cpu_s=cpu_s,
            seconds=seconds,
        )

    def _round(self, cpu_s: dict[str, float], seconds: dict[str, float]) -> Round:
        half = self._course.seconds / 2
        windows: dict[str, list[Window]] = {"off": [], "on": []}
        for arm in ("off", "on", "on", "off"):
            parent, at = cpu_seconds([self._sidecar.process.pid]), time.monotonic()
            if arm == "on":
                with self._scraper.scraping():
                    windows[arm].append(self._window(half))
            else:
                windows[arm].append(self._window(half))
            cpu_s[arm] += cpu_seconds([self._sidecar.process.pid]) - parent
            seconds[arm] += time.monotonic() - at
        return Round(off=(windows["off"][0], windows["off"][1]), on=(windows["on"][0], windows["on"][1]))

    def _window(self, seconds: float) -> Window:
        return Window(**self._load.ask(f"{seconds:g}"))


def _move(pid: int, core: int) -> None:
    """All threads of a process."""
    for task in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(task), {core})
