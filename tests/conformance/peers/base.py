"""What the suite asks of a proxy that it starts."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import ClassVar

from tests.conformance.judging import NotApplicableError
from tests.sidecars import eventually, free_ports

# What is copied at all: the same list for every mirror.
COPIED = r"^/v1/(chat/completions|completions|embeddings|responses|messages)$"
CREDENTIALS = (
    "authorization",
    "x-api-key",
    "api-key",
    "cookie",
    "openai-organization",
    "openai-project",
    "x-goog-api-key",
)


class Peer:
    """A proxy in front of `origin_port`, with its files in `folder`. `variant` names another configuration, or is empty."""

    name: ClassVar[str]
    mirrors: ClassVar[bool] = False
    is_shadowbench: ClassVar[bool] = False
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM  # the documented one that finishes what is under way
    binary: ClassVar[str] = ""

    def __init__(self, folder: Path, origin_port: int, candidate_port: int | None, variant: str = "") -> None:
        if variant and not self.is_shadowbench:
            raise NotApplicableError("needs a configuration that only shadowbench has")
        self.folder = folder
        self.origin_port = origin_port
        self.candidate_port = candidate_port
        (self.port,) = free_ports(1)
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    def version(cls) -> str:
        """What the page says was judged."""
        raise NotImplementedError

    @classmethod
    def missing(cls) -> str | None:
        """Why it cannot be started here, or None."""
        return None

    def command(self) -> list[str]:
        """Write the configuration; the command that runs with it in the foreground."""
        raise NotImplementedError

    @property
    def log(self) -> str:
        return (self.folder / "output.txt").read_text(errors="replace")

    async def start(self) -> None:
        """Start it and wait until it accepts connections."""
        with (self.folder / "output.txt").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        await eventually(self._accepts, within_s=20)

    def _accepts(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.log}")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    async def stop(self) -> None:
        """End it, by force when it must be."""
        assert self.process is not None
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, 5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    async def copies_all(self) -> bool:
        """Whether it copies every request now, as it is set up to. A mirror may thin its sample under load, and say so."""
        return True

    def ask_to_stop(self) -> None:
        """The documented way to stop that finishes what is under way."""
        assert self.process is not None
        os.kill(self.process.pid, self.stop_signal)

    async def exit_code(self) -> int:
        """Wait for its end."""
        assert self.process is not None
        return await asyncio.to_thread(self.process.wait, 20)

    async def reload(self) -> None:
        """Have it read its configuration again."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGHUP)
