"""A peer that sends its copies to a target of its own, which counts them."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from benchmarks.nginx import Target
from benchmarks.peers.base import Process

_SETTLE_S = 1.0  # copies under way, and the target's buffered log


class Mirroring(Process):
    """One process, and what its target got."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], target: Target) -> None:
        super().__init__(port, process)
        self._target = target

    def finish(self) -> dict[str, Any]:
        time.sleep(_SETTLE_S)
        return {"target": self._target.received()}
