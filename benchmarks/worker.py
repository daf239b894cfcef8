"""One proxy worker of ours by itself, with the benchmark in the place of its parent."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.processes import start
from shadowbench.listening import bind, parse_address
from shadowbench.worker import ALLOCATOR, CONTROL_FD, OPTIONS_FD

_PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What became of exchanges on their way to the mirror."""

    offered: int
    accepted: int  # whole

    def since(self, earlier: Copied) -> Copied:
        """What came after."""
        return Copied(offered=self.offered - earlier.offered, accepted=self.accepted - earlier.accepted)

    @property
    def share(self) -> float | None:
        """Of what was offered."""
        return self.accepted / self.offered if self.offered else None


class ProxyWorker:
    """Started on entering, ready when entered. `started_s` is the time from fork and exec to "ready"."""

    def __init__(
        self, upstream: int, *, core: int, folder: Path, mirror_socket: Path | None = None, pure: bool = False
    ) -> None:
        self.port = 0
        self.headers: dict[str, str] = {}
        self.started_s = 0.0
        self._upstream = upstream
        self._core = core
        self._folder = folder
        self._mirror_socket = mirror_socket
        # Compiled modules are found by PYTHONPATH; without it, the sources of this checkout are.
        self._environ = {"PYTHONPATH": ""} if pure else {}
        self._stack = ExitStack()
        self._samples: dict[str, float] = {}
        self._snapshots = threading.Condition()
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        with bind(parse_address("127.0.0.1:0"))[0] as listener:
            self.port = listener.getsockname()[1]
            self._start(listener.fileno())
        if not self._ready.wait(_PATIENCE_S):
            self._stack.close()
            raise RuntimeError("the proxy worker does not become ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def pids(self) -> list[int]:
        """The worker alone; it has no children."""
        return [self._process.pid]

    def wait_for(self, signal: str, value: float) -> None:
        """Until the worker reports `value` for a gauge."""
        deadline = time.monotonic() + _PATIENCE_S
        while self._samples.get(signal) != value:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the proxy worker does not report {signal} {value}")
            time.sleep(0.02)

    def copied(self) -> Copied:
        """How many exchanges there were, and how many went to the mirror whole; of now, up to the next snapshot."""
        for _ in range(2):  # the first may be under way
            with self._snapshots:
                self._snapshots.wait(_PATIENCE_S)
        found = {name: value for name, value in self._samples.items() if name.startswith("handoff_exchanges_total")}
        whole = found.get("handoff_exchanges_total{sampled}", 0.0) - self._samples.get("handoff_cut_short_total", 0.0)
        return Copied(offered=int(sum(found.values())), accepted=int(whole))

    def finish(self) -> dict[str, Any]:
        """Drain it, and its last signals."""
        self._control.sendall(b'{"drain": true}\n')
        self._process.wait(_PATIENCE_S)
        self._listening.join(_PATIENCE_S)
        # The worker counts what it begins; the difference to what was answered is what was cut when a load ended.
        counters = {name: value for name, value in self._samples.items() if "_total" in name and value}
        return {"requests": self._samples.get("proxy_answered_requests_total", 0), "counters": counters}

    def _start(self, listener: int) -> None:
        options = {
            "production": {"url": f"http://127.0.0.1:{self._upstream}"},
            "listen_fds": [listener],
            "mirror_socket": str(self._mirror_socket or ""),
        }
        ours, theirs = socket.socketpair()
        self._control = self._stack.enter_context(ours)
        fd = os.memfd_create("options")
        os.write(fd, json.dumps(options).encode())
        os.lseek(fd, 0, os.SEEK_SET)
        self._began = time.monotonic()
        self._process = start(
            [sys.executable, "-m", "shadowbench.proxy"],
            core=self._core,
            stack=self._stack,
            log=self._folder / f"shadowbench-{self.port}.log",
            pass_fds=(fd, listener, theirs.fileno()),
            environ={**ALLOCATOR, **self._environ, OPTIONS_FD: str(fd), CONTROL_FD: str(theirs.fileno())},
        )
        os.close(fd)
        theirs.close()
        # A thread, for the worker must not wait while the benchmark waits for its load.
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        try:
            with self._control.makefile("rb") as lines:
                for line in lines:
                    self._take(json.loads(line))
        except OSError:
            pass  # closed under us: the benchmark is over

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("ready"):
            self.started_s = time.monotonic() - self._began
            self._ready.set()
        for name, labels, value, _ in message.get("snapshot", ()):
            text = ",".join(str(label) for _, label in labels)
            self._samples[f"{name}{{{text}}}" if text else name] = value
        if "snapshot" in message:
            with self._snapshots:
                self._snapshots.notify_all()
