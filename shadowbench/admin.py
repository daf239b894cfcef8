"""/livez, /readyz and /metrics of a parent. Imported after the workers were started.

Reading only: no request changes anything, and no answer holds more than whether workers live, and signals, whose labels are
names from the configuration. Therefore anybody who reaches the port may ask.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from aiohttp import web

from shadowbench.serving import Serving, on_answer
from shadowbench.signals import Sample
from shadowbench.telemetry import prometheus
from shadowbench.telemetry.accepting import form_for
from shadowbench.worker import describe, log

# Writing /metrics takes some 20 ms of CPU. On a core that proxies share with their parent, no stream is to wait for it.
_NICENESS = 10


class Observed(Protocol):
    """What is told about."""

    @property
    def is_live(self) -> bool: ...
    @property
    def is_ready(self) -> bool: ...
    def samples(self) -> list[Sample]: ...


class AdminServer:
    """Serves `observed` on sockets that are bound already."""

    def __init__(self, observed: Observed, sockets: Sequence[socket.socket]) -> None:
        self._observed = observed
        self._writer = ThreadPoolExecutor(1, "metrics", initializer=_step_back)
        app = web.Application()
        app.on_response_prepare.append(on_answer)
        app.add_routes(
            [
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
            ]
        )
        self._serving = Serving(app, sockets, on_bug=_tell)

    async def start(self) -> None:
        """Begin to serve."""
        await self._serving.start()

    async def stop(self) -> None:
        """End, closing the sockets."""
        await self._serving.stop()
        self._writer.shutdown(wait=False, cancel_futures=True)

    async def _livez(self, request: web.Request) -> web.Response:
        return _answer(self._observed.is_live, "alive", "no worker is alive")

    async def _readyz(self, request: web.Request) -> web.Response:
        return _answer(self._observed.is_ready, "ready", "not ready")

    async def _metrics(self, request: web.Request) -> web.Response:
        form = form_for(",".join(request.headers.getall("Accept", [])))
        loop = asyncio.get_running_loop()
        text = await loop.run_in_executor(self._writer, prometheus.render, self._observed.samples(), form)
        return web.Response(body=text, headers={"Content-Type": form.content_type})


def _step_back() -> None:
    """Linux has a niceness for each thread, others one for the process: that of workers started later must not change."""
    if sys.platform == "linux":
        os.nice(_NICENESS)


def _tell(error: BaseException) -> None:
    log("error", "an admin request failed", role="parent", error=describe(error))


def _answer(good: bool, yes: str, no: str) -> web.Response:
    return web.Response(status=200 if good else 503, text=f"{yes if good else no}\n")
