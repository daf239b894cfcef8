"""What a running sidecar tells at /metrics: names as frozen, histograms that add up, also after a worker was killed."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from shadowbench.endpoints.testing import ScriptedProvider
from tests.origins import RawClient, json_request
from tests.scorers import JudgeServer
from tests.sidecars import Sidecar, chat, eventually

FROZEN = Path(__file__).parents[1] / "unit" / "telemetry" / "series.txt"
HISTOGRAMS = {
    "shadowbench_request_duration_seconds",
    "shadowbench_time_to_first_token_seconds",
    "shadowbench_chunk_gap_seconds",
    "shadowbench_request_input_tokens",
    "shadowbench_request_output_tokens",
    "shadowbench_request_cost_usd",
    "shadowbench_proxy_overhead_seconds",
    "shadowbench_score",
}
ASKED = 4


@pytest.fixture
async def sidecar(tmp_path: Path) -> AsyncIterator[Sidecar]:
    price = {"input_per_mtok": 1.0, "output_per_mtok": 2.0}
    async with ScriptedProvider(chunk_after_s=0.002) as provider, JudgeServer() as server:
        config = {
            "candidates": {"small": {"sample_rate": 1, "model": "m-2"}},
            "prices": {"*": price},
            "report": {"policy": "mvp"},
            "scoring": {
                "enabled": True,
                "comparison_every_s": 1,
                "metrics": ["exact_match", "refusal", "length"],
                "judges": {"quality": {"endpoint": {"url": server.url, "model": "judge-1"}}},
            },
            "telemetry": {"buckets": {"duration_s": [0.001, 2, 60]}},
        }
        async with Sidecar(tmp_path, provider.url, **config) as running:
            yield running


async def ask(sidecar: Sidecar, first: int = 0) -> None:
    """`ASKED` streams, and wait until all of them are in the log."""
    async with await RawClient.connect(sidecar.port) as client:
        for number in range(first, first + ASKED):
            usage = {"stream": True, "stream_options": {"include_usage": True}}
            request = chat(f"Name river {number}.", **usage)
            assert (await client.ask(json_request("/v1/chat/completions", request))).status == 200
    await sidecar.until_recorded(first + ASKED)


async def families(sidecar: Sidecar) -> dict[str, Metric]:
    text = (await sidecar.admin("/metrics")).text
    return {each.name: each for each in text_string_to_metric_families(text)}


def value(family: Metric, end: str, **labels: str) -> float:
    """The sum of the series with these labels, over workers."""
    return sum(
        each.value
        for each in family.samples
        if each.name == family.name + end and labels.items() <= each.labels.items()
    )


async def test_a_sidecar_tells_what_is_frozen_and_histograms_of_every_answer(sidecar: Sidecar) -> None:
    await ask(sidecar)
    await eventually(lambda: judged(sidecar, ASKED), within_s=30)
    told = await families(sidecar)
    frozen = set(FROZEN.read_text().splitlines())
    assert {line_of(family) for family in told.values()} - frozen == set()
    assert {name for name, family in told.items() if family.type == "histogram"} == HISTOGRAMS
    for target in ("production", "small"):
        times = told["shadowbench_request_duration_seconds"]
        left_out = value(told["shadowbench_untimed_observations"], "_total", target=target)
        assert value(times, "_count", target=target) + left_out == ASKED
        assert {s.labels["le"] for s in times.samples if "le" in s.labels} == {"0.001", "2.0", "60.0", "+Inf"}
        output = value(told["shadowbench_request_output_tokens"], "_sum", target=target)
        assert output == value(told["shadowbench_tokens"], "_total", target=target, type="output") > 0
        assert value(told["shadowbench_request_cost_usd"], "_count", target=target) == ASKED
    assert value(told["shadowbench_score"], "_count", metric="exact_match", candidate="small", side="both") == ASKED
    assert value(told["shadowbench_verdicts"], "_total", judge="quality", candidate="small") == ASKED
    assert value(told["shadowbench_target_info"], "", target="small", model="m-2") == 1
    await eventually(lambda: compared(sidecar), within_s=60)
    told = await families(sidecar)
    assert {line_of(family) for family in told.values()} - frozen == set()
    assert value(told["shadowbench_comparison_clusters"], "", candidate="small", claim="guardrail") >= 1


async def compared(sidecar: Sidecar) -> bool:
    """Of so few pairs most claims have no effect yet; which do depends on how many of their times we disturbed."""
    return "shadowbench_comparison_estimate" in await families(sidecar)


async def judged(sidecar: Sidecar, pairs: int) -> bool:
    told = await families(sidecar)
    return "shadowbench_verdicts" in told and value(told["shadowbench_verdicts"], "_total") >= pairs


def line_of(family: Metric) -> str:
    """As in the list of frozen names."""
    labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
    name = f"{family.name}_total" if family.type == "counter" else family.name
    return f"{name} {family.type} {','.join(labels)}".rstrip()


@pytest.mark.parametrize("job", ["recorder", "proxy"])
async def test_histograms_go_on_and_add_up_after_a_worker_was_killed(sidecar: Sidecar, job: str) -> None:
    name = "shadowbench_request_cost_usd" if job == "recorder" else "shadowbench_proxy_overhead_seconds"
    await ask(sidecar)
    each = 2 * ASKED if job == "recorder" else ASKED
    await eventually(lambda: counted(sidecar, name, each))
    before, killed = (await families(sidecar))[name], sidecar.child(job)
    os.kill(killed, signal.SIGKILL)
    await eventually(lambda: restarted(sidecar, job))
    await eventually(lambda: connected(sidecar))
    await ask(sidecar, first=ASKED)
    await eventually(lambda: counted(sidecar, name, 2 * each))
    after = (await families(sidecar))[name]
    assert value(after, "_count") == value(after, "_bucket", le="+Inf") == 2 * each
    assert value(after, "_sum") > value(before, "_sum")
    for sample in before.samples:
        assert value_at(after, sample.name, sample.labels) >= sample.value
    for labels in ({"target": "production"}, {"target": "small"}) if job == "recorder" else ({},):
        ladder = [s.value for s in after.samples if s.name.endswith("_bucket") and labels.items() <= s.labels.items()]
        assert ladder == sorted(ladder)


def value_at(family: Metric, name: str, labels: dict[str, str]) -> float:
    (found,) = [each.value for each in family.samples if each.name == name and each.labels == labels]
    return found


async def counted(sidecar: Sidecar, name: str, least: int) -> bool:
    told = await families(sidecar)
    return name in told and value(told[name], "_count") >= least


async def restarted(sidecar: Sidecar, job: str) -> bool:
    restarts = await sidecar.total("shadowbench_worker_restarts_total", f'role="{job}"')
    return restarts == 1 and await sidecar.total("shadowbench_worker_ready", f'role="{job}"') == 1


async def connected(sidecar: Sidecar) -> bool:
    told = await sidecar.metrics()
    return all(
        sum(v for k, v in told.items() if k.startswith(f"shadowbench_{name}")) >= 1
        for name in ("handoff_connected", "recorder_connections")
    )
