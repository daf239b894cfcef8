"""A real Prometheus finds the trace of a slow answer."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from shadowbench.endpoints.testing import ScriptedProvider
from tests.origins import RawClient, json_request
from tests.prometheus import PROGRAM, Prometheus
from tests.sidecars import Sidecar, chat, eventually

pytestmark = [pytest.mark.verify, pytest.mark.skipif(PROGRAM is None, reason="prometheus is not installed")]

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
NAMES = ("request_duration_seconds", "time_to_first_token_seconds", "chunk_gap_seconds", "request_cost_usd")


async def test_prometheus_answers_with_the_trace_that_a_request_belonged_to(tmp_path: Path) -> None:
    config = {
        "candidates": {"small": {"sample_rate": 1, "model": "m-2"}},
        "prices": {"*": {"input_per_mtok": 1.0, "output_per_mtok": 2.0}},
    }
    async with ScriptedProvider(chunk_after_s=0.002) as provider, Sidecar(tmp_path, provider.url, **config) as sidecar:
        async with Prometheus(tmp_path / "prometheus", [sidecar.admin_port]) as prometheus:
            await ask(sidecar, f"00-{TRACE}-{SPAN}-01")
            await ask(sidecar, f"00-{TRACE[::-1]}-{SPAN}-00")  # not kept by its client
            await sidecar.until_recorded(2)
            for name in NAMES:
                for target in ("production", "small"):
                    series = f'shadowbench_{name}_bucket{{target="{target}"}}'

                    async def are_told(series: str = series) -> bool:
                        if await exemplars(prometheus.port, series):
                            return True
                        # Times that a busy machine disturbed are in no histogram: another answer may be told.
                        await ask(sidecar, f"00-{TRACE}-{SPAN}-01")
                        return False

                    await eventually(are_told, within_s=60, every_s=0.5)
                    assert {each["labels"]["trace_id"] for each in await exemplars(prometheus.port, series)} == {TRACE}


async def ask(sidecar: Sidecar, traceparent: str) -> None:
    request = json_request(
        "/v1/chat/completions",
        chat("Name a river.", stream=True, stream_options={"include_usage": True}),
        ("traceparent", traceparent),
    )
    async with await RawClient.connect(sidecar.port) as client:
        assert (await client.ask(request)).status == 200


async def exemplars(port: int, series: str) -> list[dict[str, Any]]:
    now = time.time()  # noqa: TID251  Prometheus has the wall clock
    query = urllib.parse.urlencode({"query": series, "start": now - 300, "end": now + 60})
    url = f"http://127.0.0.1:{port}/api/v1/query_exemplars?{query}"

    def get() -> Any:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.loads(answer.read())

    said = await asyncio.to_thread(get)
    assert said["status"] == "success", said
    return [exemplar for each in said["data"] for exemplar in each["exemplars"]]
