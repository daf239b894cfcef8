"""`shadowbench serve`, everything copied to one candidate. Variants change what single cases are about."""

from __future__ import annotations

import os
import signal
from copy import deepcopy
from pathlib import Path
from typing import Any

import shadowbench
from tests.conformance.peers.base import Peer
from tests.sidecars import Sidecar

# Cases let the candidate fail again and again: a breaker would keep the copies of the next case back. So would a busy
# machine, where a copy that waited two seconds is not sent.
_SMALL: dict[str, Any] = {
    "model": "candidate-model",
    "sample_rate": 1.0,
    "breaker": {"failures": 0},
    "retries": {"attempts": 1},
}
_VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    "full": {
        "candidates": {"small": {"queue": 1, "concurrency": 1}},
        "mirror": {"stale_after_s": 30},
    },  # its queue is, soon
    "odd": {  # production may be silent for a second, and the candidate takes one odd request at a time
        "production": {"idle_timeout_s": 1},
        "mirror": {"stale_after_s": 30},
        "candidates": {
            "small": {
                "concurrency": 1,
                "dialect": "openai.chat",
                "rename": {"max_tokens": "max_completion_tokens"},
                "clamp": {"temperature": {"min": 1, "max": 1}},
                "leave_out": ["logit_bias"],
                "parameters": {"seed": None, "reasoning_effort": "low"},
            }
        },
    },
}


class Shadowbench(Peer):
    """The real command, with a pair log of its own."""

    name = "shadowbench"
    mirrors = True
    is_shadowbench = True

    def __init__(self, folder: Path, origin_port: int, candidate_port: int | None, variant: str = "") -> None:
        super().__init__(folder, origin_port, candidate_port, variant)
        changes = deepcopy(_VARIANTS[variant])
        small = _SMALL | {"url": f"http://127.0.0.1:{candidate_port}"} | changes.pop("candidates", {}).get("small", {})
        mirror = {"duplicate_window_s": 30, "stale_after_s": 15} | changes.pop("mirror", {})
        self.sidecar = Sidecar(
            folder, f"http://127.0.0.1:{origin_port}", candidates={"small": small}, mirror=mirror, **changes
        )
        self.port = self.sidecar.port

    @classmethod
    def version(cls) -> str:
        return shadowbench.__version__

    @property
    def log(self) -> str:
        return self.sidecar.stderr

    async def start(self) -> None:
        await self.sidecar.start()
        self.process = self.sidecar.process

    async def copies_all(self) -> bool:
        samples = await self.sidecar.metrics()
        shares = ("shadowbench_handoff_admitted_ratio", "shadowbench_lane_share_ratio")
        return all(value == 1 for name, value in samples.items() if name.startswith(shares))

    async def stop(self) -> None:
        await self.sidecar.stop()

    async def exit_code(self) -> int:
        return await self.sidecar.stop()

    async def reload(self) -> None:
        os.kill(self.sidecar.pid, signal.SIGHUP)
