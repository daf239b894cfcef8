"""Runs that never were, with the figures a test needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.bodies import SMALL
from benchmarks.load import RequestResult
from benchmarks.machine import Machine
from benchmarks.open_loop import OpenLoopResult
from benchmarks.report import Absent, Report
from benchmarks.rounds import BodyCourse, Course, PeerResult, StartResult, StreamCourse
from benchmarks.sse_load import StreamResult
from benchmarks.verification import Recorded, Verification, Verified
from benchmarks.worker import Copied

COURSE = Course(
    bodies=(BodyCourse(size=SMALL, rounds=3, rate=1000),),
    streams=(StreamCourse(streams=500, rounds=1), StreamCourse(streams=1000, rounds=1)),
)


def requests(per_second: float, *, p50_us: float = 100.0, cpu_us: float = 50.0, share: float = 1.0) -> RequestResult:
    """A window."""
    return RequestResult(
        body_bytes=SMALL,
        connections=32,
        seconds=1.0,
        requests=int(per_second),
        per_second=per_second,
        p50_us=p50_us,
        p99_us=p50_us * 2,
        errors=0,
        cpu_us=cpu_us,
        core_share=share,
        others_share=0.0,
    )


def streams(
    *, cpu_us: float = 20.0, p99_us: float = 500.0, stalled_us: float = 0.0, load_share: float = 0.5
) -> StreamResult:
    """A window. `stalled_us`: what a moment in which the machine was taken away adds to the whole."""
    return StreamResult(
        streams=500,
        seconds=1.0,
        chunks=25_000,
        cpu_us_per_chunk=cpu_us,
        others_share=0.0,
        delay_p50_us=100.0,
        delay_p99_us=p99_us + stalled_us,
        delay_typical_p99_us=p99_us,
        delay_max_us=p99_us + stalled_us,
        complete=500,
        broken=0,
        chunks_share=1.0,
        load_share=load_share,
    )


def paced() -> OpenLoopResult:
    """A window."""
    return OpenLoopResult(
        intended=1000,
        answered=1000,
        bad_status=0,
        broken=0,
        unanswered=0,
        seconds=1.0,
        p50_us=200.0,
        p99_us=400.0,
        max_us=500.0,
        own_delay_p99_us=10.0,
        connections=64,
    )


def peer(
    key: str,
    per_second: Sequence[float],
    *,
    chunk: StreamResult | None = None,
    mib: float = 30.0,
    p50_us: float = 100.0,
) -> PeerResult:
    """A peer; "direct" has no process."""
    rest = math.nan if key == "direct" else mib
    return PeerResult(
        key=key,
        name=key,
        note="as it comes",
        version="1.0",
        throughput={SMALL: [requests(each) for each in per_second]},
        latency={SMALL: [requests(1000, p50_us=p50_us)]},
        paced={SMALL: [paced()]},
        streams={500: [chunk or streams()], 1000: [streams()]},
        resident_rest_mib=0.0 if math.isnan(rest) else rest,
        resident_after_mib=mib,
        resident_streams_mib={500: mib, 1000: mib},
    )


def ours(per_second: Sequence[float], **figures: Any) -> PeerResult:
    """Our worker, with everything handed off."""
    found = peer("shadowbench-mirror", per_second, **figures)
    drain = {"ended": 1000, "opened": 1000, "aborted": {}}
    told = {"requests": 1000.0, "accepted_share": 1.0, "drain": drain, "counters": {}}
    found.told = {"requests": told, "streams": told}
    whole = Copied(offered=1000, accepted=1000)
    found.copied = {
        "requests, 300 B": whole,
        "requests, 256 KB": Copied(offered=1000, accepted=10),
        "500 streams": whole,
    }
    return found


def report(peers: Sequence[PeerResult], *, course: Course = COURSE) -> Report:
    """A run of these peers."""
    machine = Machine(
        processor="a processor",
        cores=2,
        memory_gib=16.0,
        kernel="6.0",
        python="Python 3.11.2, optimised (--enable-optimizations)",
        uvloop="1",
        httptools="1",
        nginx="nginx/1",
        wrk="wrk 4",
        load_average=0.1,
    )
    return Report(
        at=datetime(2026, 1, 2, tzinfo=UTC),
        flags="--markdown",
        seconds=120.0,
        machine=machine,
        course=course,
        peers=peers,
        absent=[Absent(name="Portkey gateway", reason="node is not on PATH")],
        starts=[StartResult(ready_s=0.2, resident_mib=26.0)],
        verified=Verification(
            copies=[Verified(name="nginx `mirror`", size=SMALL, sent=40, received=40, identical=39)],
            ours=Recorded(offered=40, handed_off=40, recorded=40, pairs=40, dropped={}),
        ),
    )


ALL_KEPT = report(
    [
        peer("direct", [60_000] * 3),
        peer("nginx", [40_000] * 3),
        peer("nginx-mirror", [6_000] * 3),
        peer("envoy-mirror", [10_000] * 3),
        peer("aiohttp", [5_000] * 3),
        ours([20_000, 21_000, 19_000]),
    ]
)
