"""The loads: requests as fast as they go by wrk, requests at a rate and token streams by our own clients.

Each runs pinned to the load's core and returns what was measured in one window."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bodies import HEADERS, chat_body
from benchmarks.open_loop import OpenLoopResult
from benchmarks.peers.base import Place, Running
from benchmarks.processes import REPOSITORY, busy_seconds, cpu_seconds
from benchmarks.sse_load import StreamResult

_GRACE_S = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestResult:
    """One window of requests, as many as the connections allow."""

    body_bytes: int
    connections: int
    seconds: float
    requests: int
    per_second: float
    p50_us: float
    p99_us: float
    errors: int
    cpu_us: float  # of the peer, per request
    core_share: float  # of its core that the peer used
    others_share: float  # of its core that others used: noise

    @property
    def saturated(self) -> bool:
        """Whether the peer, and not its load, was the limit."""
        return self.core_share + self.others_share > 0.93


def requests(each: Running, place: Place, *, body_bytes: int, connections: int, seconds: float) -> RequestResult:
    """As many requests as `connections` allow."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{round(seconds)}s", "--timeout", "5s", "-s"]
    command += [str(REPOSITORY / "benchmarks" / "post.lua"), f"http://127.0.0.1:{each.port}/v1/chat/completions"]
    command += ["--", str(_body_file(place.folder, body_bytes))]
    pids = each.pids()
    cpu, busy = cpu_seconds(pids), busy_seconds(place.core)
    done = _run(command, place, seconds, each.headers)
    cpu, busy = cpu_seconds(pids) - cpu, busy_seconds(place.core) - busy
    return request_result(done, body_bytes=body_bytes, connections=connections, cpu=cpu, busy=busy)


def request_result(output: str, *, body_bytes: int, connections: int, cpu: float, busy: float) -> RequestResult:
    """From what wrk and post.lua printed, and the seconds that the peer and its core were busy."""
    found: dict[str, Any] = json.loads(output.rpartition("RESULT ")[2])
    count, lasted = int(found["requests"]), float(found["seconds"])
    return RequestResult(
        body_bytes=body_bytes,
        connections=connections,
        seconds=lasted,
        requests=count,
        per_second=count / lasted,
        p50_us=found["p50_us"] if count else math.nan,
        p99_us=found["p99_us"] if count else math.nan,
        errors=found["bad_status"] + found["broken"],
        cpu_us=cpu * 1e6 / count if count else math.nan,
        core_share=cpu / lasted,
        others_share=max(0.0, busy - cpu) / lasted,
    )


def paced(each: Running, place: Place, *, body_bytes: int, rate: int, seconds: float) -> OpenLoopResult:
    """`rate` requests a second, whether or not earlier ones were answered."""
    arguments = [each.port, body_bytes, rate, f"{seconds:g}"]
    return OpenLoopResult(**json.loads(_run_module("benchmarks.open_loop", arguments, place, seconds, each.headers)))


def streams(each: Running, place: Place, *, upstream: int, streams: int, seconds: float) -> StreamResult:
    """`streams` token streams at one time."""
    arguments = [each.port, upstream, streams, f"{seconds:g}", place.core, *each.pids()]
    return StreamResult(**json.loads(_run_module("benchmarks.sse_load", arguments, place, seconds, each.headers)))


def _body_file(folder: Path, size: int) -> Path:
    path = folder / f"body-{size}.json"
    if not path.exists():
        path.write_bytes(chat_body(size))
    return path


def _run_module(
    module: str, arguments: Sequence[object], place: Place, seconds: float, headers: Mapping[str, str]
) -> str:
    return _run([sys.executable, "-m", module, *map(str, arguments)], place, seconds, headers)


def _run(command: Sequence[str], place: Place, seconds: float, headers: Mapping[str, str]) -> str:
    environ = {**os.environ, HEADERS: " ".join(f"{name}={value}" for name, value in headers.items())}
    pinned = ["taskset", "-c", str(place.load_core), *command]
    done = subprocess.run(
        pinned, capture_output=True, text=True, cwd=REPOSITORY, timeout=seconds + _GRACE_S, check=False, env=environ
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
