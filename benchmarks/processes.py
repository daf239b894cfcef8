"""Processes under test and around it: starting them on a core, their CPU time and memory, ending them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parent.parent
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_READY_WITHIN_S = 15.0


def start(
    command: Sequence[str | Path],
    *,
    core: int | None,
    stack: ExitStack,
    log: Path,
    stdout: int | IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
    environ: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` pinned to `core`, stderr to `log`; `stack` ends it."""
    # taskset rather than preexec_fn: it exec()s, so that process and start-up time are the command's own.
    pinned = ["taskset", "-c", str(core), *command] if core is not None else list(command)
    with log.open("ab") as errors:
        process = subprocess.Popen(
            pinned,
            stdin=subprocess.DEVNULL,
            stdout=errors if stdout is None else stdout,
            stderr=errors,
            cwd=REPOSITORY,
            pass_fds=pass_fds,
            env={**os.environ, **(environ or {})},
        )
    stack.callback(stop, process)
    return process


def start_module(
    module: str, *arguments: object, core: int | None, stack: ExitStack, log: Path, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """Start `python -m module` with this interpreter."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return start(command, core=core, stack=stack, log=log, stdout=stdout)


def stop(process: subprocess.Popen[bytes], within_s: float = 5.0) -> None:
    """Ask it to end; end it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path, *, within_s: float = _READY_WITHIN_S) -> None:
    """Until somebody listens. Raises RuntimeError with the end of the log when the process ends first."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}: {log.read_text()[-500:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"{process.args!r} does not listen at port {port}")


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes so far; in steps of 10 ms."""
    return sum(_cpu_ticks(Path(f"/proc/{pid}/stat").read_text()) for pid in pids) * _TICK_S


def _cpu_ticks(stat: str) -> int:
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def busy_seconds(core: int) -> float:
    """Time that a core was not idle so far, whoever used it."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, ticks[:8])
            return (user + nice + system + irq + softirq + steal) * _TICK_S
    raise ValueError(f"there is no core {core}")


def resident_mib(pids: Iterable[int]) -> float:
    """VmRSS of these processes, shared pages counted in each."""
    return sum(_status_kib(pid, "VmRSS") for pid in pids) / 1024


def _status_kib(pid: int, key: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0])
    return 0
