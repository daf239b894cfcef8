"""The two loads: small requests by wrk, token streams by our own reader. Each returns what was measured in one window."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import REPOSITORY, busy_seconds, cpu_seconds
from benchmarks.sse_load import StreamResult

_GRACE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestResult:
    """One window of small requests."""

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


def requests(
    port: int, *, connections: int, seconds: float, load_core: int, core: int, pids: Sequence[int]
) -> RequestResult:
    """As many small requests as `connections` allow."""
    command = [
        "taskset",
        "-c",
        str(load_core),
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{round(seconds)}s",
        "--timeout",
        "5s",
    ]
    command += ["-s", str(REPOSITORY / "benchmarks" / "post.lua"), f"http://127.0.0.1:{port}/v1/chat/completions"]
    cpu, busy = cpu_seconds(pids), busy_seconds(core)
    done = _run(command, seconds)
    cpu, busy = cpu_seconds(pids) - cpu, busy_seconds(core) - busy
    found: dict[str, Any] = json.loads(done.rpartition("RESULT ")[2])
    count, lasted = int(found["requests"]), float(found["seconds"])
    return RequestResult(
        connections=connections,
        seconds=lasted,
        requests=count,
        per_second=count / lasted,
        p50_us=found["p50_us"],
        p99_us=found["p99_us"],
        errors=found["bad_status"] + found["broken"],
        cpu_us=cpu * 1e6 / max(1, count),
        core_share=cpu / lasted,
        others_share=max(0.0, busy - cpu) / lasted,
    )


def streams(port: int, *, streams: int, seconds: float, load_core: int, core: int, pids: Sequence[int]) -> StreamResult:
    """`streams` token streams at one time."""
    command = ["taskset", "-c", str(load_core), sys.executable, "-m", "benchmarks.sse_load"]
    command += [str(port), str(streams), f"{seconds:g}", str(core), *map(str, pids)]
    return StreamResult(**json.loads(_run(command, seconds)))


def _run(command: Sequence[str], seconds: float) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=REPOSITORY, timeout=seconds + _GRACE_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
