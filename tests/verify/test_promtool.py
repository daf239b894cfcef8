"""Prometheus' own judge of /metrics."""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from shadowbench.endpoints.testing import ScriptedProvider
from tests.sidecars import Sidecar, chat, eventually

MIRRORED = {
    "candidates": {"again": {"sample_rate": 1}},
    "scoring": {"enabled": True, "metrics": ["exact_match", "length"]},
}
PROMTOOL = shutil.which("promtool")

pytestmark = [pytest.mark.verify, pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")]


async def test_promtool_has_nothing_to_say_about_metrics(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, Sidecar(tmp_path, provider.url, **MIRRORED) as sidecar:
        await eventually(lambda: connected(sidecar))
        await ask(sidecar.port)
        await sidecar.until_recorded(1)
        await eventually(lambda: settled(sidecar))
        text = (await sidecar.admin("/metrics")).text
    assert PROMTOOL is not None
    judged = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert (judged.returncode, judged.stdout, judged.stderr) == (0, "", "")


async def connected(sidecar: Sidecar) -> bool:
    return await sidecar.total("shadowbench_handoff_connected") >= 1


async def settled(sidecar: Sidecar) -> bool:
    answered = await sidecar.total("shadowbench_observations_total") >= 2
    return answered and await sidecar.total("shadowbench_score_count") >= 1


async def ask(port: int) -> None:
    def post() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"content-type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(chat("hello")), headers)
        assert connection.getresponse().status == 200
        connection.close()

    await asyncio.to_thread(post)
