"""The lane that looks at the whole log from time to time, so that one may watch how candidates compare.

Of all workers that score a log one is elected, by a lease: two would tell two numbers of the same series. The look itself is
taken by a process of its own: it reads the log for some seconds, with libraries that a worker does without.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from shadowbench.scoring.lane import TAKEN, Keeping, Rest
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.options import ComparisonOptions
from shadowbench.signals import Counters
from shadowbench.worker import log as tell

_COMMAND = (sys.executable, "-P", "-m", "shadowbench.comparing")
# How often the lease is renewed, and how long a look may take.
_LOOK_S = 20.0
_LIMIT_S = 900.0
_LONGEST_MESSAGE = 300
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class ComparisonLane:
    """`environ`: of the process that looks; without the keys of judges."""

    name = "comparison"
    needs: Sequence[str] = ()

    def __init__(
        self,
        options: ComparisonOptions,
        *,
        store_url: str,
        ledger: Ledger,
        keeping: Keeping,
        counters: Counters,
        environ: Mapping[str, str],
        command: Sequence[str] = _COMMAND,
    ) -> None:
        self._options = options
        self._asked = {
            "store_url": store_url,
            "policy": options.policy,
            "candidates": list(options.candidates),
            "again": list(options.again),
        }
        self._ledger = ledger
        self._keeping = keeping
        self._counters = counters
        self._environ = {**dict.fromkeys(_THREADS, "1"), **environ}
        self._command = command
        self._looked_at: float | None = None

    async def step(self) -> Rest | None:
        """Look, when it is time and nobody else does."""
        if not await self._is_elected():
            self._forget()
            return Rest(why=TAKEN.why, for_s=_LOOK_S)
        now = self._keeping.now()
        if self._looked_at is None or not 0 <= now - self._looked_at < self._options.every_s:
            self._looked_at = now
            await self._look(now)
        return Rest(why="idle", for_s=min(_LOOK_S, self._options.every_s), is_over=True)

    async def report(self) -> None:
        """There is nothing that waits."""

    async def _is_elected(self) -> bool:
        owner, lease_s, now = self._keeping.owner, self._keeping.lease_s, self._keeping.now()
        return await self._ledger.do(lambda log: log.elect(owner=owner, lane=self.name, now=now, lease_s=lease_s))

    async def _look(self, now: float) -> None:
        effects, why_not = await self._effects()
        self._counters.add("comparison_runs_total", (("result", "failed" if effects is None else "done"),))
        if effects is None:
            tell("warning", "the log could not be compared", why=why_not)
            return
        self._forget()
        self._counters.gauge("comparison_timestamp_seconds", now)
        for effect in effects:
            labels = tuple(sorted(effect["labels"].items()))
            self._counters.gauge("comparison_estimate", effect["estimate"], labels)
            self._counters.gauge("comparison_clusters", effect["clusters"], labels)
            self._counters.gauge("comparison_refuted", effect["refuted"], labels)
            if effect["low"] is not None:
                self._counters.gauge("comparison_low", effect["low"], labels)
            if effect["high"] is not None:
                self._counters.gauge("comparison_high", effect["high"], labels)
            if effect["allowed"] is not None:
                self._counters.gauge("comparison_allowed", effect["allowed"], labels)

    def _forget(self) -> None:
        for name in ("timestamp_seconds", "estimate", "clusters", "refuted", "low", "high", "allowed"):
            self._counters.forget(f"comparison_{name}")

    async def _effects(self) -> tuple[Sequence[Mapping[str, Any]] | None, str]:
        """What was seen, or None and why."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environ,
            )
        except OSError as error:
            return None, str(error)
        try:
            said = await self._said(process)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if said is None:
            return None, f"it took more than {_LIMIT_S:g} s, or another worker does it now"
        out, complaint = said
        if process.returncode != 0:
            return None, complaint.decode(errors="replace").strip()[:_LONGEST_MESSAGE] or f"exit {process.returncode}"
        return json.loads(out), ""

    async def _said(self, process: asyncio.subprocess.Process) -> tuple[bytes, bytes] | None:
        """Its output. Meanwhile the lease is kept; None where it was lost, or all this takes too long."""
        ending = asyncio.get_running_loop().create_task(process.communicate(json.dumps(self._asked).encode()))
        try:
            for _ in range(int(_LIMIT_S / _LOOK_S)):
                done, _ = await asyncio.wait([ending], timeout=_LOOK_S)
                if done:
                    return ending.result()
                if not await self._is_elected():
                    break
            return None
        finally:
            ending.cancel()
