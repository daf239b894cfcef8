"""`shadowbench serve` under test: pinned, switched on and off at its control port, asked for its signals."""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from benchmarks.isolation.instrument import go_first
from benchmarks.processes import cpu_seconds, family, free_port, resident_mib, start

PROXY_CORE, WORLD_CORE = 0, 1
_PATIENCE_S = 20.0
_STILL_S = 0.1
_SETTLE_S = 4.0
_SIGNALS_S = 1.2  # workers tell each second
_MEANT = re.compile(r"^shadowbench_(\w+?)(?:\{(.*)\})? (\S+)$")


class Sidecar:
    """One `serve`, its proxy worker alone on a core."""

    def __init__(
        self,
        folder: Path,
        stack: ExitStack,
        *,
        production: int,
        candidate: int,
        store: Path,
        apart: bool,
        shield: bool,
        copies: Mapping[str, Any] = MappingProxyType({}),  # keys of its candidate
    ) -> None:
        self.port, self.admin, self._control = free_port(), free_port(), free_port()
        self._log = folder / "serve.log"
        self._shield = shield
        config = {
            "proxy": {"listen": f"127.0.0.1:{self.port}", "client_idle_s": 3600},
            "admin": {"listen": f"127.0.0.1:{self.admin}"},
            "control": {"listen": f"127.0.0.1:{self._control}"},
            "production": {"url": f"http://127.0.0.1:{production}"},
            # Without a breaker the fault stays in force, as long as it is asked for.
            "candidates": {
                "copy": {
                    "url": f"http://127.0.0.1:{candidate}",
                    "sample_rate": 1.0,
                    "breaker": {"failures": 0},
                    **copies,
                }
            },
            "store": {"url": f"sqlite:///{store}"},
            "runtime": {"folder": str(folder / "run")},
        }
        path = folder / "shadowbench.yaml"
        path.write_text(yaml.safe_dump(config))
        command: list[str | Path] = [Path(sys.executable).with_name("shadowbench"), "serve", "-c", path]
        core = WORLD_CORE if apart else PROXY_CORE
        self.process = start(command, core=core, stack=stack, log=self._log)

    def until_it_mirrors(self) -> None:
        """Until it hands off, and pin its proxy worker. Raises RuntimeError."""
        deadline = time.monotonic() + _PATIENCE_S
        while not self._hands_off():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"shadowbench serve does not come up: {self._log.read_text()[-1000:]}")
            time.sleep(0.1)
        self.proxy = self.pid("proxy")
        os.sched_setaffinity(self.proxy, {PROXY_CORE})
        if self._shield:
            go_first(self.proxy)

    def _hands_off(self) -> bool:
        try:
            return any(name == "handoff_connected" and value for (name, _), value in self.signals(fresh=False).items())
        except OSError:
            return False

    # ── its processes ──

    def pid(self, job: str) -> int:
        """The process of one job. Raises LookupError while there is none."""
        for pid in family(self.process.pid):
            if f"shadowbench.{job}" in _command_line(pid):
                return pid
        raise LookupError(f"no {job} runs")

    def until_runs(self, job: str) -> int:
        """The same, once there is one."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self.pid(job)
            except LookupError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def proxy_cpu_s(self) -> float:
        """What the proxy worker used so far."""
        return cpu_seconds([self.proxy])

    def proxy_mib(self) -> float:
        """What the proxy worker takes."""
        return resident_mib([self.proxy])

    def settle(self, *others: int) -> None:
        """Until all but the proxy rest, so that what mirroring left over is not there for the arm without it."""
        deadline = time.monotonic() + _SETTLE_S
        while time.monotonic() < deadline:
            pids = [pid for pid in family(self.process.pid) if pid != self.proxy] + list(others)
            before = _cpu_of(pids)
            time.sleep(_STILL_S)
            if _cpu_of(pids) - before < 0.02:
                return

    # ── its ports ──

    def switch(self, *, on: bool) -> None:
        """Mirroring on or off, in the process that goes on. A mirror that is away is no obstacle: its proxy knows."""
        connection = http.client.HTTPConnection("127.0.0.1", self._control, timeout=30)
        try:
            connection.request("POST", "/v1/resume" if on else "/v1/kill")
            connection.getresponse().read()
        finally:
            connection.close()

    def signals(self, *, fresh: bool = True) -> dict[tuple[str, str], float]:
        """All series, by name and labels less those of the process."""
        if fresh:
            time.sleep(_SIGNALS_S)
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=10)
        try:
            connection.request("GET", "/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        found: dict[tuple[str, str], float] = {}
        for line in lines:
            if meant := _MEANT.match(line):
                labels = ",".join(x for x in (meant[2] or "").split(",") if not x.startswith(("role=", "worker=")))
                key = (meant[1], labels)
                found[key] = found.get(key, 0.0) + float(meant[3])
        return found


def get_counts(port: int) -> dict[str, Any]:
    """What an origin of the script tells about itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/counts")
        counts: dict[str, Any] = json.loads(connection.getresponse().read())
        return counts
    finally:
        connection.close()


def _cpu_of(pids: list[int]) -> float:
    total = 0.0
    for pid in pids:
        try:
            total += cpu_seconds([pid])
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return total


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""
