"""The whole sidecar with a standard error that takes nothing from the first line on, as under a log driver that hangs."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import IO

import yaml

from shadowbench.endpoints.testing import ScriptedProvider
from tests.origins import RawClient, json_request
from tests.sidecars import READY_WITHIN_S, Sidecar, chat, eventually

CHAT = "/v1/chat/completions"


class Unheard(Sidecar):
    """A sidecar whose standard error is a pipe that is full and that nobody reads."""

    def __init__(self, folder: Path, production_url: str, stderr: IO[bytes]) -> None:
        super().__init__(folder, production_url, proxy={"access_log": {"sample_rate": 1.0}})
        self._stderr = stderr

    async def start(self) -> None:
        path = self.folder / "shadowbench.yaml"
        path.write_text(yaml.safe_dump(self.config))
        self.process = subprocess.Popen(
            self.command_line(path), stdout=subprocess.DEVNULL, stderr=self._stderr, start_new_session=True
        )
        await eventually(self._is_ready, within_s=READY_WITHIN_S)


async def ask(sidecar: Sidecar) -> int:
    async with await RawClient.connect(sidecar.port) as client:
        return (await client.ask(json_request(CHAT, chat("Question")))).status


async def test_a_sidecar_that_nobody_listens_to_serves_heals_and_leaves(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)  # as everybody's standard error is
    async with ScriptedProvider() as production:
        with os.fdopen(writing, "wb") as stderr:
            sidecar = Unheard(tmp_path, production.url, stderr)
            async with sidecar:
                assert await ask(sidecar) == 200
                # The parent has much to say about a worker that ends; it must start the next one instead of waiting.
                for _ in range(3):
                    before = sidecar.child("proxy")
                    os.kill(before, signal.SIGKILL)
                    await eventually(lambda before=before: set(sidecar.children("proxy")) - {before})
                    await eventually(sidecar._is_ready)
                    assert await ask(sidecar) == 200
                assert (await sidecar.admin("/livez")).status == 200
                await eventually(lambda: dropped(sidecar))
                assert await sidecar.stop() == 0
    os.close(reading)


async def dropped(sidecar: Sidecar) -> bool:
    """Whether both told of what they could not say."""
    return (
        await sidecar.total("shadowbench_access_log_dropped_total", 'reason="stderr"') > 0
        and await sidecar.total("shadowbench_log_dropped_lines_total", 'role="proxy"') > 0
    )
