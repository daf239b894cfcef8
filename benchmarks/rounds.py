"""The course of a run: every peer in front of both origins, measured in turn, round after round.

A B C A B C, not A A B B C C: what the machine's other users do meanwhile then falls on all alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.load import RequestResult
from benchmarks.nginx import start_origin
from benchmarks.peers import Peer, Place, Running
from benchmarks.processes import free_port, resident_mib, start_module, wait_for_port
from benchmarks.sse_load import StreamResult
from benchmarks.worker import ProxyWorker

_WARM_UP_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How long and how often."""

    rounds: int = 5
    seconds: float = 3.0
    connections: int = 32
    latency_seconds: float = 2.0
    streams: tuple[int, ...] = (100, 500)
    stream_rounds: int = 2
    stream_seconds: float = 3.0
    starts: int = 5


@dataclass(slots=True)
class PeerResult:
    """All that was measured of one peer."""

    name: str
    note: str
    version: str
    throughput: list[RequestResult] = field(default_factory=list)
    latency: list[RequestResult] = field(default_factory=list)
    streams: dict[int, list[StreamResult]] = field(default_factory=dict)
    resident_rest_mib: float = 0.0
    resident_after_mib: float = 0.0  # after requests
    resident_streams_mib: float = 0.0  # after streams
    told: dict[str, dict[str, Any]] = field(default_factory=dict)  # what our own can say, by workload


@dataclass(frozen=True, slots=True, kw_only=True)
class StartResult:
    """One start of a proxy worker of ours."""

    ready_s: float
    resident_mib: float


Say = Callable[[str], None]


def measure(peers: Sequence[Peer], course: Course, place: Place, say: Say) -> list[PeerResult]:
    """Run the whole course."""
    results = [PeerResult(name=peer.name, note=peer.note, version=peer.version()) for peer in peers]
    with ExitStack() as stack:
        port = free_port()
        start_origin(port, folder=place.folder, core=place.load_core, stack=stack)
        with _running(peers, port, place, results, "requests") as running:
            _measure_requests(running, results, course, place, say)
            for result, each in zip(results, running, strict=True):
                result.resident_after_mib = resident_mib(each.pids())
    with ExitStack() as stack:
        port = free_port()
        log = place.folder / "sse-origin.log"
        wait_for_port(
            port, start_module("benchmarks.sse_origin", port, core=place.load_core, stack=stack, log=log), log
        )
        with _running(peers, port, place, results, "streams") as running:
            _measure_streams(running, results, course, place, say)
            for result, each in zip(results, running, strict=True):
                result.resident_streams_mib = resident_mib(each.pids())
    return results


@contextmanager
def _running(
    peers: Sequence[Peer], upstream: int, place: Place, results: Sequence[PeerResult], workload: str
) -> Iterator[list[Running]]:
    with ExitStack() as stack:
        running = [peer.start(upstream, place, stack) for peer in peers]
        for result, each in zip(results, running, strict=True):
            result.resident_rest_mib = resident_mib(each.pids())
        yield running
        for result, each in zip(results, running, strict=True):
            if told := each.finish():
                result.told[workload] = told


def _measure_requests(
    running: Sequence[Running], results: Sequence[PeerResult], course: Course, place: Place, say: Say
) -> None:
    def one(each: Running, connections: int, seconds: float) -> RequestResult:
        return load.requests(
            each.port,
            connections=connections,
            seconds=seconds,
            load_core=place.load_core,
            core=place.core,
            pids=each.pids(),
        )

    for each in running:
        one(each, course.connections, _WARM_UP_S)
    for number in range(course.rounds):
        for result, each in zip(results, running, strict=True):
            say(f"requests, round {number + 1} of {course.rounds}: {result.name}")
            result.throughput.append(one(each, course.connections, course.seconds))
    for number in range(course.rounds):
        for result, each in zip(results, running, strict=True):
            say(f"latency, round {number + 1} of {course.rounds}: {result.name}")
            result.latency.append(one(each, 1, course.latency_seconds))


def _measure_streams(
    running: Sequence[Running], results: Sequence[PeerResult], course: Course, place: Place, say: Say
) -> None:
    for number in range(course.stream_rounds):
        for count in course.streams:
            for result, each in zip(results, running, strict=True):
                say(f"{count} streams, round {number + 1} of {course.stream_rounds}: {result.name}")
                measured = load.streams(
                    each.port,
                    streams=count,
                    seconds=course.stream_seconds,
                    load_core=place.load_core,
                    core=place.core,
                    pids=each.pids(),
                )
                result.streams.setdefault(count, []).append(measured)


def measure_starts(course: Course, place: Place, folder: Path) -> list[StartResult]:
    """Start a proxy worker of ours again and again, alone, and look at its memory before its first request."""
    found = []
    for _ in range(course.starts):
        with ProxyWorker(1, core=place.core, folder=folder) as worker:
            worker.wait_for("proxy_open_connections", 0.0)
            found.append(StartResult(ready_s=worker.started_s, resident_mib=resident_mib(worker.pids())))
            worker.finish()
    return found
