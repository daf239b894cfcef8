"""A peer that sends its copies over HTTP, and where they go: to a fast target that counts them, or where the run says."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from typing import Any

from benchmarks.nginx import start_target
from benchmarks.peers.base import Place, Process

_SETTLE_S = 1.0  # copies under way, and the target's buffered log


class Copies:
    """Where the copies of one peer go."""

    def __init__(self, place: Place, stack: ExitStack, *, empty: bool = False) -> None:
        self._target = None
        if place.copies_to is None:
            self._target = start_target(folder=place.folder, core=place.load_core, stack=stack, empty=empty)
        self.port = place.copies_to or (self._target.port if self._target else 0)

    def told(self) -> dict[str, Any]:
        """What arrived, when it is counted here."""
        if self._target is None:
            return {}
        time.sleep(_SETTLE_S)
        return {"target": self._target.received()}


class Mirroring(Process):
    """One process, and where its copies go."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], copies: Copies) -> None:
        super().__init__(port, process)
        self._copies = copies

    def finish(self) -> dict[str, Any]:
        return self._copies.told()
