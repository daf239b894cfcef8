"""A real sidecar in front of a scripted provider, and what a real receiver of OTLP gets to know of its calls."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from shadowbench.endpoints.testing import ScriptedProvider
from tests.origins import RawClient, json_request
from tests.otlp import Receiver, attributes
from tests.sidecars import Sidecar, chat, eventually

pytestmark = pytest.mark.skipif(find_spec("oteltap") is None, reason="oteltap has no build for this machine")

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
SECRET = "sk-words-of-a-prompt-that-must-not-leave"
KEY = "sk-the-clients-own-key"
CHAT = "/v1/chat/completions"
STREAM = {"stream": True, "stream_options": {"include_usage": True}}
MESSAGE = {"max_tokens": 20, "messages": [{"role": "user", "content": SECRET}]}
# By the model that is asked for, which is how production's spans are told apart.
REQUESTS: dict[str, tuple[str, dict[str, Any], tuple[tuple[str, str], ...]]] = {
    "traced": (CHAT, chat(SECRET, **STREAM), (("traceparent", f"00-{TRACE}-{SPAN}-01"), ("tracestate", "vendor=1"))),
    "unkept": (CHAT, chat(SECRET), (("traceparent", f"00-{TRACE[::-1]}-{SPAN}-00"),)),
    "alone": (CHAT, chat(SECRET), ()),
    "messages": ("/v1/messages", MESSAGE, ()),
    "responses": ("/v1/responses", {"input": SECRET}, ()),
    "embeddings": ("/v1/embeddings", {"input": SECRET}, ()),
    "scripted-server-error": (CHAT, chat(SECRET), ()),
    "scripted-reset-mid-body": (CHAT, chat(SECRET, stream=True), ()),
}
KEPT = len(REQUESTS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of one run, and between which moments (Unix nanoseconds)."""

    spans: list[Span]
    metrics: list[Metric]
    began_ns: int
    ended_ns: int
    ids: dict[str, str]  # of exchanges in the log, by model
    counted: dict[str, float]
    scraped: str  # /metrics as OpenMetrics
    log: str

    def production(self, model: str) -> Span:
        (found,) = [
            each for each in self.spans if attributes(each)["shadowbench.target"] == "production" and model in each.name
        ]
        return found

    def children(self, of: Span) -> dict[str, Span]:
        return {
            attributes(each)["shadowbench.target"]: each for each in self.spans if each.parent_span_id == of.span_id
        }

    def points(self, metric: str) -> list[Any]:
        """The last that was told of it: totals."""
        return list([each for each in self.metrics if each.name == metric][-1].histogram.data_points)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One run for all tests: a sidecar takes seconds to start."""
    return asyncio.run(run(tmp_path_factory.mktemp("otlp")))


async def run(folder: Path) -> Told:
    candidates = {
        "small": {"sample_rate": 1, "model": "m-2"},
        "busy": {"sample_rate": 1, "model": "scripted-rate-limited", "breaker": {"failures": 0}},
    }
    async with ScriptedProvider(chunk_after_s=0.002) as provider, Receiver() as receiver:
        otlp = {"endpoint": receiver.url, "every_s": 0.5}
        prices = {"*": {"input_per_mtok": 1.0, "output_per_mtok": 2.0}}
        sidecar = Sidecar(folder, provider.url, candidates=candidates, prices=prices, telemetry={"otlp": otlp})
        async with sidecar:
            began_ns = time.time_ns()
            for model, (path, body, headers) in REQUESTS.items():
                await ask(
                    sidecar, json_request(path, {**body, "model": model}, *headers, ("Authorization", f"Bearer {KEY}"))
                )
            await sidecar.until_recorded(len(REQUESTS))
            await eventually(lambda: len(receiver.spans) >= 3 * KEPT, within_s=30)
            ended_ns = time.time_ns()
            await eventually(lambda: all_told(sidecar))
            counted = await sidecar.metrics()
            scraped = await asyncio.to_thread(scrape, sidecar.admin_port)
            rows = sidecar.rows("select distinct exchange_id as id, production_requested_model as model from pairs")
        # What was measured last is told on leaving.
        await eventually(lambda: durations(receiver.metrics) == 3 * len(REQUESTS) - untimed(counted))
        return Told(
            spans=receiver.spans,
            metrics=receiver.metrics,
            began_ns=began_ns,
            ended_ns=ended_ns,
            ids={row["model"]: row["id"] for row in rows},
            counted=counted,
            scraped=scraped,
            log=sidecar.stderr,
        )


def scrape(port: int) -> str:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"Accept": "application/openmetrics-text"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return str(answer.read().decode())


async def all_told(sidecar: Sidecar) -> bool:
    """Whether the second has passed after which counters are told."""
    return await sidecar.total("shadowbench_otlp_spans_total", 'result="sent"') >= 3 * KEPT


def durations(metrics: list[Metric]) -> int:
    found = [each for each in metrics if each.name == "gen_ai.client.operation.duration"]
    return sum(each.count for each in found[-1].histogram.data_points) if found else 0


def untimed(counted: dict[str, float]) -> float:
    return sum(v for k, v in counted.items() if k.startswith("shadowbench_untimed_observations_total"))


async def ask(sidecar: Sidecar, request: bytes) -> None:
    async with await RawClient.connect(sidecar.port) as client:
        try:
            await client.ask(request)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # production broke off, and so did the proxy


def test_every_call_of_a_kept_trace_is_a_span_and_no_other(told: Told) -> None:
    assert len(told.spans) == 3 * KEPT
    assert not [each for each in told.spans if "unkept" in each.name or each.trace_id.hex() == TRACE[::-1]]


def test_production_is_a_child_of_the_clients_span_and_candidates_are_its_children(told: Told) -> None:
    production = told.production("traced")
    assert (production.trace_id.hex(), production.parent_span_id.hex()) == (TRACE, SPAN)
    assert production.trace_state == "vendor=1"
    children = told.children(production)
    assert children.keys() == {"small", "busy"}
    assert {each.trace_id.hex() for each in children.values()} == {TRACE}
    assert {each.kind for each in [production, *children.values()]} == {3}  # client


def test_without_a_clients_trace_the_exchange_is_the_trace(told: Told) -> None:
    production = told.production("alone")
    assert production.parent_span_id == b""
    assert production.trace_id.hex() == told.ids["alone"].replace("-", "")
    assert attributes(production)["shadowbench.exchange.id"] == told.ids["alone"]


def test_spans_stand_where_the_calls_were_in_time(told: Told) -> None:
    for each in told.spans:
        assert told.began_ns - 1_000_000 <= each.start_time_unix_nano <= each.end_time_unix_nano <= told.ended_ns
    production = told.production("traced")
    took_s = (production.end_time_unix_nano - production.start_time_unix_nano) / 1e9
    facts = attributes(production)
    assert facts["gen_ai.response.time_to_first_chunk"] <= facts["shadowbench.time_to_first_token"] < took_s
    copied = told.children(production)["small"]
    assert production.start_time_unix_nano <= copied.start_time_unix_nano


def test_a_span_says_what_was_asked_and_answered(told: Told) -> None:
    production = told.production("traced")
    assert production.name == "chat traced"
    facts = attributes(production)
    assert {
        key: facts[key] for key in facts if key.startswith(("gen_ai.op", "gen_ai.pro", "gen_ai.req", "server."))
    } == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "traced",
        "gen_ai.request.stream": True,
        "server.address": "127.0.0.1",
        "server.port": facts["server.port"],
    }
    assert facts["gen_ai.usage.input_tokens"] > 0 and facts["gen_ai.usage.output_tokens"] > 0
    assert facts["gen_ai.response.finish_reasons"] == ["stop"]
    small = attributes(told.children(production)["small"])
    assert (small["gen_ai.request.model"], small["http.response.status_code"]) == ("m-2", 200)


@pytest.mark.parametrize(
    ("model", "operation", "provider"),
    [
        ("messages", "chat", "anthropic"),
        ("responses", "chat", "openai"),
        ("embeddings", "embeddings", "openai"),
    ],
)
def test_each_dialect_has_its_operation(told: Told, model: str, operation: str, provider: str) -> None:
    production = told.production(model)
    assert production.name == f"{operation} {model}"
    assert attributes(production)["gen_ai.provider.name"] == provider
    assert attributes(production)["gen_ai.usage.input_tokens"] > 0


def test_what_failed_says_how(told: Told) -> None:
    refused, cut = told.production("scripted-server-error"), told.production("scripted-reset-mid-body")
    assert (refused.status.code, attributes(refused)["error.type"]) == (2, "500")
    assert (cut.status.code, attributes(cut)["error.type"]) == (2, "truncated")
    busy = told.children(told.production("alone"))["busy"]
    assert (attributes(busy)["error.type"], attributes(busy)["http.response.status_code"]) == ("429", 429)
    assert told.production("alone").status.code == 0


def test_metrics_count_every_call_also_of_traces_that_are_not_kept(told: Told) -> None:
    left_out = untimed(told.counted)  # a machine under load disturbs some
    assert durations(told.metrics) == 3 * len(REQUESTS) - left_out
    failed = {attributes(each).get("error.type") for each in told.points("gen_ai.client.operation.duration")}
    assert failed == {None, "500", "429", "truncated"} or left_out
    tokens = [
        each for each in told.points("gen_ai.client.token.usage") if attributes(each)["shadowbench.target"] == "small"
    ]
    assert {attributes(each)["gen_ai.token.type"] for each in tokens} == {"input", "output"}
    assert list(tokens[0].explicit_bounds)[:4] == [1, 4, 16, 64]
    assert told.points("gen_ai.server.time_to_first_token") and told.points(
        "gen_ai.client.operation.time_to_first_chunk"
    )


def test_values_of_kept_traces_have_their_span_as_exemplar(told: Told) -> None:
    spans = {each.span_id for each in told.spans}
    points = [point for metric in told.metrics for point in metric.histogram.data_points]
    found = [each for point in points for each in point.exemplars]  # each is told once
    assert found and {each.span_id for each in found} <= spans


def test_no_words_of_the_traffic_leave(told: Told) -> None:
    everything = "".join(map(str, [*told.spans, *told.metrics]))
    assert SECRET not in everything and KEY not in everything
    assert "words" not in everything


def test_what_was_sent_is_counted_and_nothing_complains(told: Told) -> None:
    sent = {k: v for k, v in told.counted.items() if k.startswith("shadowbench_otlp") and v}
    assert [v for k, v in sent.items() if 'result="sent"' in k] == [3 * KEPT]
    assert "failures" not in "".join(sent)
    assert '"level":"error"' not in told.log.replace(" ", "")


def test_what_prometheus_scrapes_names_the_trace_and_is_whole(told: Told) -> None:
    """Of a cost, which no load on this machine disturbs; tests/verify/test_exemplars.py asks Prometheus for the others."""
    families = {each.name: each for each in text_string_to_metric_families(told.scraped)}
    buckets = families["shadowbench_request_cost_usd"].samples
    found = {(each.labels["target"], each.exemplar.labels["trace_id"]) for each in buckets if each.exemplar}
    assert found == {
        ("production", TRACE),
        ("small", TRACE),
        ("busy", TRACE),
    }  # whoever turns away costs nothing, for sure
    assert TRACE[::-1] not in told.scraped
