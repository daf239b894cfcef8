"""What happens to a sidecar under load every few seconds, and what its memory does meanwhile."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import statistics
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from tests.sidecars import Sidecar, eventually, is_running
from tests.soak.load import Clients


class Faults:
    """One after the other, every kind once in each round, in a random order."""

    def __init__(self, sidecar: Sidecar, clients: Clients, chance: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self.untold_s: dict[str, float] = defaultdict(float)  # how long killed processes had counted without telling
        self._sidecar = sidecar
        self._clients = clients
        self._chance = chance
        # Worker 1 lives through it all, as the parent does: theirs is the memory that would show a slow leak.
        _, self._survivor = sidecar.children("proxy")

    async def run(self, seconds: float) -> None:
        """Go on for so long."""
        kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "mirror killed": partial(self._kill, "mirror"),
            "recorder killed": partial(self._kill, "recorder"),
            "proxy killed": partial(self._kill, "proxy"),
            "mirror stopped": self._stop_mirror,
            "log locked": self._lock_log,
            "clients left": partial(self._clients.leave_midstream, 20),
        }
        end = asyncio.get_running_loop().time() + seconds
        while True:
            for kind in self._chance.sample(sorted(kinds), len(kinds)):
                await asyncio.sleep(self._chance.uniform(1, 3))
                if asyncio.get_running_loop().time() > end:
                    return
                await kinds[kind]()
                self.done[kind] += 1

    async def _kill(self, job: str) -> None:
        pid = await self._alive(job)
        told_at = await self._next_told(job)
        if job == "proxy":
            os.kill(pid, signal.SIGSTOP)  # so that it accepts nobody while we look whom it serves
            await eventually(lambda: _is_stopped(pid))
            self._clients.doomed |= _peers_of(pid)
        os.kill(pid, signal.SIGKILL)
        self.untold_s[job] += asyncio.get_running_loop().time() - told_at
        await eventually(lambda: not is_running(pid))

    async def _stop_mirror(self) -> None:
        pid = await self._alive("mirror")
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(2)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def _lock_log(self) -> None:
        with closing(sqlite3.connect(self._sidecar.log_path, isolation_level=None)) as connection:
            connection.execute("begin exclusive")
            await asyncio.sleep(3)
            connection.execute("rollback")

    async def _alive(self, job: str) -> int:
        """The process of a job that may be hurt, once there is one: those that died often rest before they return."""

        def alive() -> list[int]:
            return [pid for pid in self._sidecar.children(job) if is_running(pid) and pid != self._survivor]

        await eventually(alive)
        (pid,) = alive()
        return pid

    async def _next_told(self, job: str) -> float:
        """Wait for that process's next snapshot: what it counts later will be unknown. It came after the returned time."""
        asked_at = [asyncio.get_running_loop().time()]
        told = await self._told(job)

        async def has_told_more() -> bool:
            asked_at.append(asyncio.get_running_loop().time())
            return await self._told(job) != told

        await eventually(has_told_more)
        return asked_at[-2]

    async def _told(self, job: str) -> dict[str, float]:
        where = f'role="{job}",worker="0"'
        return {k: v for k, v in (await self._sidecar.metrics()).items() if where in k and "_worker_" not in k}


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def _peers_of(pid: int) -> set[int]:
    """The ports at the other ends of a process's TCP connections."""
    held = {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[2].partition(":")[2], 16) for row in rows if f"socket:[{row[9]}]" in held}


class Memory:
    """The resident memory of every process of a sidecar."""

    def __init__(self, sidecar: Sidecar, seconds: float, *, parts: int = 5) -> None:
        self._sidecar = sidecar
        self._part_s = seconds / parts
        self._parts = parts
        self._seen: dict[str, list[list[float]]] = defaultdict(lambda: [[] for _ in range(parts)])

    async def watch(self) -> None:
        """Look every second, until cancelled."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        while True:
            part = min(self._parts - 1, int((loop.time() - started) / self._part_s))
            pages = int(Path(f"/proc/{self._sidecar.pid}/statm").read_text().split()[1])
            self._seen["parent"][part].append(pages * os.sysconf("SC_PAGESIZE") / 1e6)
            for name, value in (await self._sidecar.metrics()).items():
                if name.startswith("shadowbench_worker_resident_bytes"):
                    self._seen[name.partition("{")[2].rstrip("}")][part].append(value / 1e6)
            await asyncio.sleep(1)

    def medians(self) -> dict[str, list[float]]:
        """The median of each part of the time, in MB, by process."""
        return {name: [statistics.median(seen) for seen in parts] for name, parts in self._seen.items()}
