"""The course of a run: every peer in front of both origins, measured in turn, round after round.

A B C A B C, not A A B B C C: what the machine's other users do meanwhile then falls on all alike.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.bodies import LARGE, PROMPT, SMALL, size_name
from benchmarks.load import RequestResult
from benchmarks.nginx import start_origin
from benchmarks.open_loop import OpenLoopResult
from benchmarks.peers.base import Counting, Peer, Place, Running
from benchmarks.processes import free_port, resident_mib
from benchmarks.sse_load import StreamResult
from benchmarks.worker import Copied, ProxyWorker

_WARM_UP_S = 1.0
_LATENCY_ROUNDS, _PACED_ROUNDS = 5, 2
_FAILURE_CHARACTERS = 300
_SLOW_S, _SLOW_STREAM_S = 5.0, 10.0  # fewer requests, so longer windows
FEW = frozenset({"direct", "nginx", "envoy-mirror", "aiohttp", "shadowbench", "shadowbench-mirror"})
"""Who takes part where not all do: the yardsticks, and ours."""
THROUGHPUT_ONLY = frozenset({"nginx-mirror-204"})
"""Who differs from another in nothing but how copies of requests are answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyCourse:
    """What is done with requests of one size."""

    size: int
    rounds: int
    rate: int  # requests/s of the open loop; few enough for every peer that is not slow


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCourse:
    """What is done with one number of streams."""

    streams: int
    rounds: int
    all_peers: bool = True  # or only those that have to show what they take


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How long and how often."""

    bodies: tuple[BodyCourse, ...] = (
        BodyCourse(size=SMALL, rounds=7, rate=1000),
        BodyCourse(size=PROMPT, rounds=4, rate=1000),
        BodyCourse(size=LARGE, rounds=3, rate=200),
    )
    seconds: float = 3.0
    connections: int = 32
    latency_seconds: float = 2.0
    paced_seconds: float = 3.0
    streams: tuple[StreamCourse, ...] = (
        StreamCourse(streams=100, rounds=2),
        StreamCourse(streams=500, rounds=6),
        StreamCourse(streams=1000, rounds=1, all_peers=False),
    )
    stream_seconds: float = 60.0  # of each peer and number of streams, all rounds together
    starts: int = 5
    slow_rounds: int = 2
    slow_rate: int = 20
    slow_streams: int = 5


QUICK = Course(
    bodies=(BodyCourse(size=SMALL, rounds=3, rate=1000),),
    seconds=2.0,
    latency_seconds=1.0,
    paced_seconds=2.0,
    streams=tuple(StreamCourse(streams=count, rounds=1, all_peers=False) for count in (100, 500)),
    stream_seconds=3.0,
    starts=2,
    slow_rounds=1,
)


@dataclass(slots=True, kw_only=True)
class PeerResult:
    """All that was measured of one peer."""

    key: str
    name: str
    note: str
    version: str
    slow: bool = False
    failure: str = ""  # what ended its rounds early
    warm_up_requests: int = 0
    throughput: dict[int, list[RequestResult]] = field(default_factory=dict)  # by size of the body
    latency: dict[int, list[RequestResult]] = field(default_factory=dict)
    paced: dict[int, list[OpenLoopResult]] = field(default_factory=dict)
    streams: dict[int, list[StreamResult]] = field(default_factory=dict)  # by their number
    resident_rest_mib: float = 0.0
    resident_after_mib: float = 0.0  # after requests
    resident_streams_mib: dict[int, float] = field(default_factory=dict)  # after so many streams
    copied: dict[str, Copied] = field(default_factory=dict)  # by workload, of peers that count what they hand off
    told: dict[str, dict[str, Any]] = field(default_factory=dict)  # what it and its target can say, by workload


@dataclass(frozen=True, slots=True, kw_only=True)
class StartResult:
    """One start of a proxy worker of ours."""

    ready_s: float
    resident_mib: float


Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A peer that is running, and where its results go."""

    running: Running
    result: PeerResult


def measure(peers: Sequence[Peer], course: Course, place: Place, say: Say) -> list[PeerResult]:
    """Run the whole course. Slow peers run by themselves, so that their idling disturbs nobody."""
    results = {
        peer.key: PeerResult(key=peer.key, name=peer.name, note=peer.note, version=peer.version(), slow=peer.slow)
        for peer in peers
    }
    fast, slow = [peer for peer in peers if not peer.slow], [peer for peer in peers if peer.slow]
    _measure_group(fast, course, place, results, say)
    for peer in slow:
        try:
            _measure_group([peer], slower(course), place, results, say)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as failed:
            results[peer.key].failure = f"ended early: {failed}"[:_FAILURE_CHARACTERS]
    return list(results.values())


def _measure_group(
    peers: Sequence[Peer], course: Course, place: Place, results: Mapping[str, PeerResult], say: Say
) -> None:
    with ExitStack() as stack:
        port = free_port()
        start_origin(port, folder=place.folder, core=place.load_core, stack=stack)
        with _running(peers, port, place, results, "requests") as entrants:
            _measure_requests(entrants, course, place, say)
    port = free_port()  # of an origin that is part of the streams' load
    with _running(peers, port, place, results, "streams") as entrants:
        _measure_streams(entrants, course, port, place, say)


def slower(course: Course) -> Course:
    """The same for a peer of hundreds of requests a second: fewer rounds, a rate and a number of streams that it can bear."""
    bodies = tuple(replace(body, rounds=course.slow_rounds, rate=course.slow_rate) for body in course.bodies)
    streams = (StreamCourse(streams=course.slow_streams, rounds=1),)
    return replace(
        course,
        bodies=bodies,
        streams=streams,
        seconds=_SLOW_S,
        paced_seconds=_SLOW_S,
        stream_seconds=min(course.stream_seconds, _SLOW_STREAM_S),
    )


@contextmanager
def _running(
    peers: Sequence[Peer], upstream: int, place: Place, results: Mapping[str, PeerResult], workload: str
) -> Iterator[list[Entrant]]:
    with ExitStack() as stack:
        entrants = [Entrant(running=peer.start(upstream, place, stack), result=results[peer.key]) for peer in peers]
        for each in entrants:
            each.result.resident_rest_mib = resident_mib(each.running.pids())
        yield entrants
        for each in entrants:
            if told := each.running.finish():
                each.result.told[workload] = told


def in_turn(entrants: Sequence[Entrant], rounds: int) -> Iterator[tuple[int, Entrant]]:
    """Everyone once per round; each round begins with another one, so that nobody always follows the same."""
    for number in range(rounds):
        at = number % len(entrants)
        for each in (*entrants[at:], *entrants[:at]):
            yield number, each


def _measure_requests(entrants: Sequence[Entrant], course: Course, place: Place, say: Say) -> None:
    for body in course.bodies:
        with _counting(entrants, f"requests, {size_name(body.size)}"):
            _measure_throughput(entrants, body, course, place, say)
    for each in entrants:
        each.result.resident_after_mib = resident_mib(each.running.pids())
    waiting = [each for each in entrants if each.result.key not in THROUGHPUT_ONLY]
    for body in course.bodies:
        _measure_latency(waiting, body, course, place, say)
        _measure_paced(waiting, body, course, place, say)


def _measure_latency(entrants: Sequence[Entrant], body: BodyCourse, course: Course, place: Place, say: Say) -> None:
    rounds = min(body.rounds, _LATENCY_ROUNDS)
    for number, each in in_turn(entrants, rounds):
        say(f"1 connection, {size_name(body.size)}, round {number + 1} of {rounds}: {each.result.name}")
        window = load.requests(each.running, place, body_bytes=body.size, connections=1, seconds=course.latency_seconds)
        each.result.latency.setdefault(body.size, []).append(window)


def _measure_paced(entrants: Sequence[Entrant], body: BodyCourse, course: Course, place: Place, say: Say) -> None:
    rounds = min(body.rounds, _PACED_ROUNDS)
    for number, each in in_turn(entrants, rounds):
        say(f"{body.rate} requests/s, {size_name(body.size)}, round {number + 1} of {rounds}: {each.result.name}")
        found = load.paced(each.running, place, body_bytes=body.size, rate=body.rate, seconds=course.paced_seconds)
        each.result.paced.setdefault(body.size, []).append(found)


@contextmanager
def _counting(entrants: Sequence[Entrant], workload: str) -> Iterator[None]:
    """What becomes of copies meanwhile."""
    counting = [(each, each.running.copied()) for each in entrants if isinstance(each.running, Counting)]
    yield
    for each, before in counting:
        assert isinstance(each.running, Counting)
        each.result.copied[workload] = each.running.copied().since(before)


def _measure_throughput(entrants: Sequence[Entrant], body: BodyCourse, course: Course, place: Place, say: Say) -> None:
    for each in entrants:
        warm = load.requests(
            each.running, place, body_bytes=body.size, connections=course.connections, seconds=_WARM_UP_S
        )
        each.result.warm_up_requests += warm.requests
    for number, each in in_turn(entrants, body.rounds):
        say(f"requests, {size_name(body.size)}, round {number + 1} of {body.rounds}: {each.result.name}")
        window = load.requests(
            each.running, place, body_bytes=body.size, connections=course.connections, seconds=course.seconds
        )
        each.result.throughput.setdefault(body.size, []).append(window)


def _measure_streams(entrants: Sequence[Entrant], course: Course, upstream: int, place: Place, say: Say) -> None:
    for part in course.streams:
        chosen = [each for each in entrants if _takes_part(each.result.key, part)]
        with _counting(chosen, f"{part.streams} streams"):
            for number, each in in_turn(chosen, part.rounds):
                say(f"{part.streams} streams, round {number + 1} of {part.rounds}: {each.result.name}")
                seconds = course.stream_seconds / part.rounds
                window = load.streams(each.running, place, upstream=upstream, streams=part.streams, seconds=seconds)
                each.result.streams.setdefault(part.streams, []).append(window)
                each.result.resident_streams_mib[part.streams] = resident_mib(each.running.pids())


def _takes_part(key: str, part: StreamCourse) -> bool:
    return key in FEW or (part.all_peers and key not in THROUGHPUT_ONLY)


def measure_starts(course: Course, place: Place, folder: Path) -> list[StartResult]:
    """Start a proxy worker of ours again and again, alone, and look at its memory before its first request."""
    found = []
    for _ in range(course.starts):
        with ProxyWorker(1, core=place.core, folder=folder) as worker:
            worker.wait_for("proxy_open_connections", 0.0)
            found.append(StartResult(ready_s=worker.started_s, resident_mib=resident_mib(worker.pids())))
            worker.finish()
    return found
