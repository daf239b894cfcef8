"""What a peer is. It knows how to start itself in front of an upstream; the rest of the benchmark knows no peer."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from benchmarks.processes import family
from benchmarks.worker import Copied


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a peer runs: its core, the core of all others, a folder for its files."""

    core: int
    load_core: int
    folder: Path
    copies_to: int | None = None  # a port for the copies of peers that mirror, instead of a fast target of their own


class Running(Protocol):
    """A started peer."""

    port: int
    headers: Mapping[str, str]  # that each request to it must have

    def pids(self) -> list[int]:
        """The processes whose CPU time and memory count as the peer's."""

    def finish(self) -> dict[str, Any]:
        """End it; what it and its mirror target can say about what they did."""


@runtime_checkable
class Counting(Protocol):
    """A started peer that counts what it hands off."""

    def copied(self) -> Copied:
        """What became of all copies so far."""


class Peer(Protocol):
    """Something that can stand between client and origin."""

    @property
    def key(self) -> str:
        """Its short name, in promises and on the command line."""

    @property
    def name(self) -> str:
        """Its row in the table."""

    @property
    def note(self) -> str:
        """How it was set up, for the page."""

    @property
    def slow(self) -> bool:
        """Whether it answers so few requests that it gets short rounds and few streams."""

    def absent(self) -> str:
        """Why it cannot be measured here, and what would help; "" when it can."""

    def version(self) -> str:
        """What exactly was measured."""

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        """Listen, in front of the loopback port `upstream`."""


class Process:
    """A peer that is one process, with its children."""

    def __init__(
        self, port: int, process: subprocess.Popen[bytes], headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.port = port
        self.headers = headers
        self._process = process

    def pids(self) -> list[int]:
        return family(self._process.pid)

    def finish(self) -> dict[str, Any]:
        return {}


class NoProcess:
    """The way without anything between."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.headers: Mapping[str, str] = {}

    def pids(self) -> list[int]:
        return []

    def finish(self) -> dict[str, Any]:
        return {}


class Direct:
    """No proxy: what load generator and origin cost by themselves."""

    key = name = "direct"
    note = "no proxy: the floor of this measurement, load and origin share one core"
    slow = False

    def absent(self) -> str:
        return ""

    def version(self) -> str:
        return "–"

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        return NoProcess(upstream)
