"""A judge's endpoint, scoring workers as processes, and a log that grows: for tests that kill the workers."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from shadowbench.records import Exchange
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, an_observation

PRICE = {"input_per_mtok": 1.0, "output_per_mtok": 2.0}
INPUT, OUTPUT = 1000, 100
CALL_USD = INPUT * 1e-6 + OUTPUT * 2e-6
"""What one answer of the judge costs."""


class JudgeServer:
    """Answers like an OpenAI-compatible endpoint: whoever was shown first is better. It counts."""

    def __init__(self, *, delay_s: float = 0.005) -> None:
        self.requests = 0
        self.verdict = "A"
        self.status = 200
        self._delay_s = delay_s
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 24)
        app.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        await request.read()
        self.requests += 1
        await asyncio.sleep(self._delay_s)
        if self.status != 200:
            return web.json_response({"error": {"message": "no"}}, status=self.status)
        content = json.dumps({"analysis": "short", "verdict": self.verdict, "strength": 1})
        return web.json_response(
            {
                "id": "c",
                "object": "chat.completion",
                "model": "judge-1",
                "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
                ],
                "usage": {"prompt_tokens": INPUT, "completion_tokens": OUTPUT, "total_tokens": INPUT + OUTPUT},
            }
        )


def unlike(first: int, count: int) -> Iterator[Exchange]:
    """Exchanges of which no two are the same, so that no reply serves twice."""
    for number in range(first, first + count):
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": f"What is {number} + 1?"}]}).encode()
        candidate = an_observation(f"It is {number + 1}, I think.", endpoint="small")
        yield an_exchange(number, candidate, production=an_observation(f"{number + 1}"), request_body=body)


def append(url: str, first: int, count: int) -> None:
    """Add such exchanges to the log."""
    log = open_log(url, "write")
    log.append(list(unlike(first, count)))
    log.close()


def a_judge(endpoint_url: str, name: str = "quality", **changes: Any) -> dict[str, Any]:
    """A judge's options as a worker gets them."""
    endpoint = {"url": endpoint_url, "model": "judge-1"} | changes.pop("endpoint", {})
    return {"name": name, "kind": "pairwise", "endpoint": endpoint, "repeat_share": 0.0, **changes}


def priced(judge: str) -> dict[str, Any]:
    """What that judge costs, as a worker gets it."""
    return {"entries": [{"models": ["*"], "endpoint": judge, **PRICE}], "urls": {}, "providers": {}}


class Workers:
    """Scoring workers that may be killed at any time."""

    def __init__(self, count: int, options: dict[str, Any]) -> None:
        self._options = options
        self._processes = [self._started(number) for number in range(count)]
        self.kills = 0

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "shadowbench.scoring"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[1],
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(self._options | {"name": f"scoring-{number}"}).encode())
        process.stdin.close()
        return process

    def kill_one(self, chance: random.Random) -> None:
        """`kill -9`, and another in its place."""
        number = chance.randrange(len(self._processes))
        self._processes[number].kill()
        self._processes[number].wait()
        self._processes[number] = self._started(number)
        self.kills += 1

    def terminate(self) -> list[int]:
        """SIGTERM to all; their exit codes."""
        for process in self._processes:
            process.terminate()
        return [process.wait(30) for process in self._processes]

    def end(self) -> None:
        """For tests that failed already."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def rows(path: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a query of the log gives."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()
