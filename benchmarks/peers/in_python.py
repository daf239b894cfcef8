"""Proxies in Python on this interpreter: one of aiohttp, and ours."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.metadata import version
from typing import Any

from benchmarks.peers.base import Place, Process, Running
from benchmarks.processes import free_port, start_module, wait_for_port
from benchmarks.worker import Copied, ProxyWorker
from shadowbench import __version__
from shadowbench.compiling import IS_COMPILED


class Aiohttp:
    """A plain reverse proxy in Python, as one would write it first."""

    key = "aiohttp"
    name = "aiohttp"
    note = (
        "low-level server and client on uvloop, bodies that came with their head in one piece, others streamed, no access log "
        "(`benchmarks/aiohttp_proxy.py`)"
    )
    slow = False

    def absent(self) -> str:
        return ""

    def version(self) -> str:
        return f"aiohttp {version('aiohttp')}, uvloop {version('uvloop')}"

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        port = free_port()
        log = place.folder / f"aiohttp-{port}.log"
        origin = f"http://127.0.0.1:{upstream}"
        process = start_module("benchmarks.aiohttp_proxy", port, origin, core=place.core, stack=stack, log=log)
        wait_for_port(port, process, log)
        return Process(port, process)


class Ours:
    """A proxy worker of ours; with `mirrored`, every exchange is handed off to a draining reader on the other core.

    Compiled where this benchmark was started with compiled modules, as by `make bench`; with `pure`, never.
    """

    slow = False

    def __init__(self, *, mirrored: bool, pure: bool = False) -> None:
        self._mirrored = mirrored
        self._pure = pure
        self.key = "shadowbench" + ("-pure" if pure else "") + ("-mirror" if mirrored else "")
        self.name = "shadowbench" + (", pure Python" if pure else "") + (", 100 % handed off" if mirrored else "")
        self.note = (
            "one worker, every exchange handed off whole to a draining reader" if mirrored else "one worker, no mirror"
        )

    def absent(self) -> str:
        return "the others of ours are not compiled here either" if self._pure and not IS_COMPILED else ""

    def version(self) -> str:
        how = "compiled" if IS_COMPILED and not self._pure else "pure Python"
        return f"shadowbench {__version__}, {how}, Python {sys.version.split()[0]}"

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        if not self._mirrored:
            return stack.enter_context(ProxyWorker(upstream, core=place.core, folder=place.folder, pure=self._pure))
        socket = place.folder / f"run-{free_port()}" / "mirror.sock"
        log = place.folder / "drain.log"
        drain = start_module(
            "benchmarks.drain", socket, core=place.load_core, stack=stack, log=log, stdout=subprocess.PIPE
        )
        while not socket.exists():
            if drain.poll() is not None:
                raise RuntimeError(f"the drain ended with {drain.returncode}: {log.read_text()[-500:]}")
            time.sleep(0.01)
        worker = ProxyWorker(upstream, core=place.core, folder=place.folder, mirror_socket=socket, pure=self._pure)
        return HandedOff(stack.enter_context(worker), drain)


class HandedOff:
    """Our worker with its drain."""

    def __init__(self, worker: ProxyWorker, drain: subprocess.Popen[bytes]) -> None:
        self.port = worker.port
        self.headers: Mapping[str, str] = {}
        self._worker = worker
        self._drain = drain
        worker.wait_for("handoff_connected", 1.0)

    def pids(self) -> list[int]:
        return self._worker.pids()

    def copied(self) -> Copied:
        """What became of all copies so far."""
        return self._worker.copied()

    def finish(self) -> dict[str, Any]:
        """Let the worker say goodbye, then ask the drain what it got."""
        told = self._worker.finish()
        self._drain.send_signal(signal.SIGTERM)
        out, _ = self._drain.communicate(timeout=5)
        drained = json.loads(out)
        requests = told["requests"]
        return told | {"drain": drained, "accepted_share": drained["ended"] / requests if requests else None}
