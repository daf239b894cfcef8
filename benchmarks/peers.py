"""What is compared. A peer knows how to start itself in front of an upstream; the rest of the benchmark knows no peer.

Another one (Envoy, say) is another class with `name`, `note`, `start` and `version`, and an entry in `PEERS`.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from benchmarks import nginx
from benchmarks.processes import family, free_port, start_module, wait_for_port
from benchmarks.tools import version_of
from benchmarks.worker import ProxyWorker


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a peer runs: its core, the core of all others, a folder for its files."""

    core: int
    load_core: int
    folder: Path


class Running(Protocol):
    """A started peer."""

    port: int

    def pids(self) -> list[int]:
        """The processes whose CPU time and memory count as the peer's."""

    def finish(self) -> dict[str, Any]:
        """End it; what it can say about what it did."""


class Peer(Protocol):
    """Something that can stand between client and origin."""

    @property
    def name(self) -> str:
        """Its row in the table."""

    @property
    def note(self) -> str:
        """How it was set up, for the page."""

    def version(self) -> str:
        """What exactly was measured."""

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        """Listen, in front of the loopback port `upstream`."""


class Process:
    """A peer that is one process, with its children."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self._process = process

    def pids(self) -> list[int]:
        return family(self._process.pid)

    def finish(self) -> dict[str, Any]:
        return {}


class NoProcess:
    """The way without anything between."""

    def __init__(self, port: int) -> None:
        self.port = port

    def pids(self) -> list[int]:
        return []

    def finish(self) -> dict[str, Any]:
        return {}


class Direct:
    """No proxy: what load generator and origin cost by themselves."""

    name = "direct"
    note = "no proxy: the floor of this measurement, load and origin share one core"

    def version(self) -> str:
        return "–"

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        return NoProcess(upstream)


class Nginx:
    """A plain reverse proxy in C."""

    name = "nginx, no mirror"
    note = "one worker, upstream keepalive, `proxy_buffering off`, no access log"

    def version(self) -> str:
        return version_of(["nginx", "-v"]).removeprefix("nginx version: ")

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        port = free_port()
        return Process(port, nginx.start_proxy(port, upstream, folder=place.folder, core=place.core, stack=stack))


class Aiohttp:
    """A plain reverse proxy in Python, as one would write it first; `whole`: with a short cut for short bodies."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self.name = "aiohttp, short bodies whole" if whole else "aiohttp, no mirror"
        self.note = (
            "the same, but a body that came with its head is passed on in one piece"
            if whole
            else "low-level server and client on uvloop, streaming both ways, no access log (`benchmarks/aiohttp_proxy.py`)"
        )

    def version(self) -> str:
        return f"aiohttp {version('aiohttp')}, uvloop {version('uvloop')}"

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        port = free_port()
        log = place.folder / f"aiohttp-{port}.log"
        arguments = [port, f"http://127.0.0.1:{upstream}", *(["whole"] if self._whole else [])]
        process = start_module("benchmarks.aiohttp_proxy", *arguments, core=place.core, stack=stack, log=log)
        wait_for_port(port, process, log)
        return Process(port, process)


class Ours:
    """A proxy worker of ours; with `mirrored`, every exchange is handed off to a draining reader on the other core."""

    def __init__(self, *, mirrored: bool) -> None:
        self._mirrored = mirrored
        self.name = "shadowbench, 100 % handed off" if mirrored else "shadowbench, no mirror"
        self.note = (
            "one worker, every exchange handed off whole to a draining reader" if mirrored else "one worker, no mirror"
        )

    def version(self) -> str:
        from shadowbench import __version__

        return f"shadowbench {__version__}, Python {sys.version.split()[0]}"

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        if not self._mirrored:
            return stack.enter_context(ProxyWorker(upstream, core=place.core, folder=place.folder))
        socket = place.folder / f"run-{free_port()}" / "mirror.sock"
        log = place.folder / "drain.log"
        drain = start_module(
            "benchmarks.drain", socket, core=place.load_core, stack=stack, log=log, stdout=subprocess.PIPE
        )
        while not socket.exists():
            if drain.poll() is not None:
                raise RuntimeError(f"the drain ended with {drain.returncode}: {log.read_text()[-500:]}")
            time.sleep(0.01)
        worker = ProxyWorker(upstream, core=place.core, folder=place.folder, mirror_socket=socket)
        return HandedOff(stack.enter_context(worker), drain)


class HandedOff:
    """Our worker with its drain."""

    def __init__(self, worker: ProxyWorker, drain: subprocess.Popen[bytes]) -> None:
        self.port = worker.port
        self._worker = worker
        self._drain = drain
        worker.wait_for("handoff_connected", 1.0)

    def pids(self) -> list[int]:
        return self._worker.pids()

    def finish(self) -> dict[str, Any]:
        """Let the worker say goodbye, then ask the drain what it got."""
        told = self._worker.finish()
        self._drain.send_signal(signal.SIGTERM)
        out, _ = self._drain.communicate(timeout=5)
        drained = json.loads(out)
        requests = told["requests"]
        return told | {"drain": drained, "accepted_share": drained["ended"] / requests if requests else None}


AIOHTTP = Aiohttp(whole=False)
"""The measure of "× aiohttp"."""

PEERS: tuple[Peer, ...] = (Direct(), Nginx(), AIOHTTP, Aiohttp(whole=True), Ours(mirrored=False), Ours(mirrored=True))
