"""The mirror as its own process: starts, serves, and leaves in order; its death is counted by others, not guessed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from shadowbench.endpoints.testing import Fault, ScriptedProvider
from shadowbench.mirror.options import BudgetOptions, MirrorOptions
from shadowbench.mirror.spending import SpendingFile
from shadowbench.worker import to_json
from tests.mirrors import FakeProxy, FakeRecorder, candidate, eventually


@asynccontextmanager
async def process(folder: Path, url: str, **changes: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    options = MirrorOptions(
        runtime_folder=str(folder / "run"),
        secret_file=str(folder / "secret"),
        budget_file=str(folder / "log.budget"),
        candidates=(candidate(url, **changes),),
        duplicate_window_s=0.0,
        drain_s=5.0,
        finish_s=0.2,
    )
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shadowbench.mirror", stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert running.stdin is not None
    running.stdin.write(json.dumps(to_json(options)).encode())
    running.stdin.close()
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def recording(proxy: FakeProxy) -> None:
    """Wait until the mirror has found its recorder: until then it discards, counted."""
    while not proxy.sender.recorded:
        proxy.exchange()
        await proxy.settled()


async def test_it_serves_until_told_to_leave(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    await recorder.listen(tmp_path / "run/recorder.sock")
    async with ScriptedProvider() as provider, process(tmp_path, provider.url) as running:
        proxy = FakeProxy(tmp_path / "run/mirror.sock")
        await proxy.connect()
        await recording(proxy)
        for _ in range(50):
            proxy.exchange()
        await proxy.settled()
        assert proxy.sender.recorded == len(recorder.exchanges) == 51
        running.send_signal(signal.SIGTERM)
        proxy.exchange()
        await proxy.settled()
        assert proxy.sender.recorded == 52
        assert await proxy.sender.leave(5.0)
        assert await running.wait() == 0
        assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    recorder.stop()
    assert recorder.errors == []


async def test_what_dies_with_it_is_counted_and_a_new_one_goes_on(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    await recorder.listen(tmp_path / "run/recorder.sock")
    async with ScriptedProvider(lambda r: Fault.HANG if b"hang" in r.body else None) as provider:
        proxy = FakeProxy(tmp_path / "run/mirror.sock")
        async with process(tmp_path, provider.url) as running:
            await proxy.connect()
            await recording(proxy)
            proxy.exchange(b'{"model":"hang","messages":[{}]}')
            await provider.until(lambda: len(provider.requests) == 2)
            os.kill(running.pid, signal.SIGKILL)
            await eventually(lambda: proxy.lost == 1)
        async with process(tmp_path, provider.url):
            await eventually(lambda: proxy.sender.ready)
            await recording(proxy)
            assert (proxy.sender.recorded, len(recorder.exchanges)) == (1, 2)
            await proxy.sender.leave(5.0)
    recorder.stop()
    assert recorder.errors == []


async def test_what_was_spent_and_what_may_have_been_outlives_a_kill(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    recorder.usd = 0.1
    await recorder.listen(tmp_path / "run/recorder.sock")
    budgets = BudgetOptions(usd_total=9.0)
    async with ScriptedProvider(lambda r: Fault.HANG if b"hang" in r.body else None) as provider:
        proxy = FakeProxy(tmp_path / "run/mirror.sock")
        async with process(tmp_path, provider.url, budgets=budgets) as running:
            await proxy.connect()
            await recording(proxy)
            proxy.exchange(b'{"model":"hang","messages":[{}]}')
            await provider.until(lambda: len(provider.requests) == 2)
            os.kill(running.pid, signal.SIGKILL)
            await running.wait()
        file = SpendingFile(tmp_path / "log.budget")
        spent = file.register("small").windows[2].spent
        file.close()
        # One call cost 0.1; the next was expected to cost as much, and nobody knows how it ended.
        assert spent.nano_usd == 200_000_000
        await proxy.sender.leave(0.0)
    recorder.stop()
    assert recorder.errors == []


async def test_a_damaged_budget_file_ends_it_with_a_message(tmp_path: Path) -> None:
    (tmp_path / "log.budget").write_bytes(b"x" * 1024)
    async with process(tmp_path, "http://127.0.0.1:1", budgets=BudgetOptions(usd_per_day=1.0)) as running:
        assert running.stderr is not None
        told = json.loads(await running.stderr.readline())
        assert await running.wait() == 4
        assert told["error"].startswith(f"{tmp_path}/log.budget is no budget file") and "move it away" in told["error"]


async def test_a_missing_key_ends_it_with_a_message(tmp_path: Path) -> None:
    async with process(tmp_path, "http://127.0.0.1:1", api_key_env="NO_SUCH_KEY") as running:
        assert running.stderr is not None
        told = json.loads(await running.stderr.readline())
        assert await running.wait() == 2
        assert told["error"] == "candidates.small.api_key_env: NO_SUCH_KEY is not set"
