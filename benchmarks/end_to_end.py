"""`python -m benchmarks.end_to_end`: all of `shadowbench serve`, an open loop of small requests, one candidate at 100 %.

Prints what the client saw, what was dropped and why, and how many pairs reached the log. Promised on two cores at 2,000
requests/s: no drop, pairs = requests.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop
import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.console import wide_console
from benchmarks.nginx import start_origin
from benchmarks.open_loop import OpenLoop, OpenLoopResult
from benchmarks.processes import REPOSITORY, cpu_seconds, family, free_port, resident_mib, start
from benchmarks.tools import MissingTools, find_tools

_PATIENCE_S = 20.0
_SETTLE_S = 30.0
_STILL_S = 1.5  # no new pair for this long: nothing more comes; above the period of the signals
_COULD_NOT_RUN = 4
_BODY = json.dumps(
    {
        "model": "m",
        "messages": [{"role": "user", "content": "What is the capital of France? Answer with one sentence please."}],
        "temperature": 0,
    }
).encode()
# Series that end in one of these label values count what went well; any other reason, decision or outcome did not.
_WELL = frozenset({"", "ok", "sampled"})
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_LOSSES = re.compile(r"(lost|dropped|errors|hangups|disconnects|refusals|faults|restarts)\w*_total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """What the log holds: rows, a candidate that was not called included, and rows with an answer on both sides."""

    rows: int
    answered: int


class Sidecar:
    """`shadowbench serve` in a folder of its own; `candidate` is the port of one that runs already."""

    def __init__(self, folder: Path, stack: ExitStack, queue: int | None, candidate: int | None = None) -> None:
        self.port, self._admin = free_port(), free_port()
        self.database = folder / "pairs.db"
        self.log = folder / "serve.log"
        production = free_port()
        start_origin(production, folder=folder, core=None, stack=stack)
        if candidate is None:
            candidate = free_port()
            start_origin(candidate, folder=folder, core=None, stack=stack)
        candidate_config = {"url": f"http://127.0.0.1:{candidate}", "sample_rate": 1.0}
        config = {
            "proxy": {"listen": f"127.0.0.1:{self.port}"},
            "admin": {"listen": f"127.0.0.1:{self._admin}"},
            "control": {"listen": None},
            "production": {"url": f"http://127.0.0.1:{production}"},
            "candidates": {"small": candidate_config | ({"queue": queue} if queue else {})},
            "mirror": {"duplicate_window_s": 0},  # one body, again and again
            "store": {"url": f"sqlite:///{self.database}"},
            "scoring": {"enabled": False},  # benchmarks.scoring measures it
            "runtime": {"folder": str(folder / "run")},
        }
        path = folder / "shadowbench.yaml"
        path.write_text(yaml.safe_dump(config))
        command: list[str | Path] = [Path(sys.executable).with_name("shadowbench"), "serve", "-c", path]
        self.process = start(command, core=None, stack=stack, log=self.log)

    def wait_until_connected(self) -> None:
        """Until the proxy hands off. Raises RuntimeError."""
        deadline = time.monotonic() + _PATIENCE_S
        while not any("handoff_connected" in name and value >= 1 for name, value in self._try_signals().items()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"shadowbench serve does not come up: {self.log.read_text()[-1000:]}")
            time.sleep(0.1)

    def _try_signals(self) -> dict[str, float]:
        try:
            return self.signals()
        except OSError:
            return {}

    def signals(self) -> dict[str, float]:
        """All series of /metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._admin}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def pairs(self) -> Pairs:
        """What is in the log."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            both = "production_outcome = 'ok' AND candidate_outcome = 'ok'"
            try:
                row = connection.execute(f"SELECT count(*), count(*) FILTER (WHERE {both}) FROM pairs").fetchone()
            except sqlite3.OperationalError:
                return Pairs(rows=0, answered=0)  # the recorder has not made its tables yet
            return Pairs(rows=row[0], answered=row[1])

    def wait_until_settled(self, expected: int) -> Pairs:
        """Until as many pairs are there, or no more come. How many there are."""
        deadline = time.monotonic() + _SETTLE_S
        seen, since = self.pairs(), time.monotonic()
        while time.monotonic() < deadline:
            pairs = self.pairs()
            if pairs != seen:
                seen, since = pairs, time.monotonic()
            if pairs.rows >= expected or time.monotonic() - since > _STILL_S:
                break
            time.sleep(0.1)
        time.sleep(_STILL_S)  # the last signals
        return seen


def main(arguments: Sequence[str] | None = None) -> int:
    """Run once, print. The exit code says whether it could run, not how well."""
    wanted = _parse(arguments)
    console, errors = wide_console(), Console(stderr=True)
    try:
        find_tools(errors.print)
    except MissingTools as missing:
        errors.print(str(missing))
        return _COULD_NOT_RUN
    with tempfile.TemporaryDirectory(prefix="shadowbench-e2e-") as name, ExitStack() as stack:
        sidecar = Sidecar(Path(name), stack, wanted.queue)
        with errors.status("starting shadowbench serve"):
            sidecar.wait_until_connected()
        before, pids = sidecar.signals(), family(sidecar.process.pid)
        cpu = {pid: cpu_seconds([pid]) for pid in pids}
        with errors.status(f"{wanted.rate:,} requests/s for {wanted.seconds:g} s"):
            result = _load(sidecar.port, wanted.rate, wanted.seconds)
        with errors.status("waiting for the log"):
            pairs = sidecar.wait_until_settled(result.answered)
        after = sidecar.signals()
        used = {_role(pid): (cpu_seconds([pid]) - cpu[pid], resident_mib([pid])) for pid in pids}
    counted = {name: value - before.get(name, 0) for name, value in after.items()}
    _print(console, result, pairs, drops(counted), used)
    _keep(result, pairs, counted, used)
    return 0


def _load(port: int, rate: int, seconds: float) -> OpenLoopResult:
    request = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer benchmark\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
    )

    async def run() -> OpenLoopResult:
        return await OpenLoop(port=port, request=request, rate=rate, seconds=seconds, connections=64).run()

    return uvloop.run(run())


def drops(counted: dict[str, float]) -> dict[str, float]:
    """The counters that speak of something lost, skipped or failed, in short words."""
    found: dict[str, float] = {}
    for series, value in counted.items():
        name, _, text = series.removeprefix("shadowbench_").partition("{")
        labels = dict(_LABEL.findall(text))
        went_wrong = any(labels.get(key, "") not in _WELL for key in ("reason", "decision", "outcome"))
        if value and name.endswith("_total") and (went_wrong or _LOSSES.search(name)):
            words = [label for key, label in labels.items() if key not in ("role", "worker")]
            found[" ".join([name.removesuffix("_total"), *words])] = value
    return found


def _role(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    modules = [word for word in words if word.startswith("shadowbench.")]
    return f"{modules[0] if modules else 'parent'} ({pid})"


def _print(
    console: Console,
    result: OpenLoopResult,
    pairs: Pairs,
    dropped: dict[str, float],
    used: dict[str, tuple[float, float]],
) -> None:
    table = Table(title="shadowbench serve, one candidate at 100 %, open loop", title_justify="left", show_header=False)
    rows = {
        "requests intended / answered": f"{result.intended:,} / {result.answered:,} in {result.seconds:.1f} s",
        "client errors": f"status {result.bad_status}, broken {result.broken}, unanswered {result.unanswered}",
        "latency from intended send": f"p50 {result.p50_us:,.0f} µs, p99 {result.p99_us:,.0f} µs, max {result.max_us:,.0f} µs",
        "of it the generator's own": f"p99 {result.own_delay_p99_us:,.0f} µs",
        "pairs in the log": f"{pairs.answered:,} with both answers, {pairs.rows:,} rows, of {result.answered:,} requests",
        "dropped, by reason": "\n".join(f"{name}  {value:,.0f}" for name, value in dropped.items()) or "nothing",
    }
    for role, (cpu, resident) in used.items():
        per_request = cpu * 1e6 / max(1, result.answered)
        rows[role] = f"{per_request:.0f} µs CPU per request, {cpu / result.seconds:.0%} of a core, {resident:.0f} MiB"
    for name, text in rows.items():
        table.add_row(name, text)
    console.print(table)
    console.print("promised at 2,000 requests/s on two cores: nothing dropped, pairs = requests")


def _keep(
    result: OpenLoopResult, pairs: Pairs, counted: dict[str, float], used: dict[str, tuple[float, float]]
) -> None:
    out = REPOSITORY / "benchmarks" / "out"
    out.mkdir(exist_ok=True)
    fields = {
        "result": asdict(result),
        "pairs": asdict(pairs),
        "signals": counted,
        "cpu_s_and_mib": used,
        "load_average": os.getloadavg(),
    }
    (out / f"end_to_end-{time.strftime('%Y%m%d-%H%M%S')}.json").write_text(json.dumps(fields, indent=1) + "\n")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.end_to_end", description=__doc__)
    parser.add_argument("--rate", type=int, default=2000, help="requests per second (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long (default %(default)s)")
    parser.add_argument("--queue", type=int, help="the candidate's queue instead of the default")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
