"""Every metric over every recorded exchange: whatever providers answered, the value is in range or absent for a reason."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shadowbench.metrics import behaviour, consistency, performance, tools
from shadowbench.metrics.base import Metric
from shadowbench.metrics.binding import bind
from shadowbench.metrics.running import FAILURES, score
from shadowbench.metrics.view import PairView
from shadowbench.records import CandidateResult, Dialect, Observation
from shadowbench.scores import PairRef, Shape
from shadowbench.store.testing import an_exchange
from shadowbench.wire.reading import reader_for

EXCHANGES = Path(__file__).parents[3] / ".." / "shared" / "data" / "exchanges" / "exchanges_dev.jsonl"
needs_exchanges = pytest.mark.skipif(
    not EXCHANGES.exists(), reason="needs ../shared/data/exchanges (recorded exchanges)"
)

METRICS: tuple[Metric, ...] = (*tools.METRICS, *behaviour.METRICS, *performance.METRICS, *consistency.METRICS)
DIALECTS = {
    "chat.completions": Dialect.OPENAI_CHAT,
    "responses": Dialect.OPENAI_RESPONSES,
    "completions": Dialect.OPENAI_COMPLETIONS,
    "embeddings": Dialect.OPENAI_EMBEDDINGS,
    "anthropic.messages": Dialect.ANTHROPIC_MESSAGES,
    "ollama.chat": Dialect.OLLAMA_CHAT,
    "ollama.generate": Dialect.OLLAMA_GENERATE,
    "gemini.generateContent": Dialect.GEMINI,
    "gemini.streamGenerateContent": Dialect.GEMINI,
}


def _bytes(part: dict[str, Any]) -> bytes:
    return part["text"].encode() if "text" in part else base64.b64decode(part.get("b64", ""))


def _observed(record: dict[str, Any], dialect: Dialect, endpoint: str) -> Observation:
    headers = {name.lower(): value for name, value in record["response_headers"]}
    reader = reader_for(dialect, headers.get("content-type"), None, record["status"])
    reader.feed(_bytes(record["response"]), 0.5)
    reading = reader.finish(None)
    return Observation(
        endpoint=endpoint,
        outcome=reading.outcome,
        reason=reading.reason,
        status=record["status"],
        error_type=reading.error_type,
        error_message=reading.error_message,
        streamed=reading.streamed,
        answer=reading.answer,
        usage=reading.usage,
        body=reading.body,
    )


def pairs() -> Iterator[PairView]:
    """Each exchange as production's, the one before it (of any provider) as the candidate's and as both sides' repeat."""
    before: Observation | None = None
    with EXCHANGES.open() as lines:
        for record in map(json.loads, lines):
            dialect = DIALECTS.get(record["endpoint"], Dialect.UNKNOWN)
            production = _observed(record, dialect, "production")
            candidate = before or production
            asked = None if dialect is Dialect.GEMINI else _bytes(record["request"])  # no client speaks it through us
            exchange = an_exchange(1, dialect=dialect, request_body=asked, production=production)
            result = CandidateResult(observation=candidate, inclusion_probability=1.0, config_hash="")
            yield PairView(exchange, result, PairRef(1, 1), production_again=candidate, candidate_again=production)
            before = _observed(record, dialect, "small")


@pytest.fixture(scope="module")
def recorded() -> list[PairView]:
    return list(pairs())


@needs_exchanges
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_recorded_exchange_has_a_value_in_range_or_a_reason(metric: Metric, recorded: list[PairView]) -> None:
    bound = bind(metric, {})
    values = 0
    for pair in recorded:
        said = score(bound, pair, 1, lambda call: call())
        for value, reason in ((said.value, said.reason), (said.production_value, said.production_reason)):
            assert reason not in FAILURES, (metric.name, reason, said.detail)
            values += value is not None
        if metric.shape is Shape.SIDES:
            assert (said.production_value is None) != (said.production_reason is None)
        assert (said.value is None) != (said.reason is None)
        assert said.detail is None or "too_long" not in said.detail
    assert len(recorded) > 500
    timed = {"latency", "ttft", "gap_p50", "gap_p95", "tokens_per_second", "cost"}  # neither was recorded
    assert values > 0 or metric.name in timed


@needs_exchanges
def test_what_recorded_providers_did_is_recognised(recorded: list[PairView]) -> None:
    """All that is found among the 719 exchanges was looked at by hand, and is what it is taken for."""

    def found(metric: Metric) -> list[tuple[float, dict[str, Any]]]:
        said = [score(bind(metric, {}), pair, 1, lambda call: call()) for pair in recorded]
        told = [(each.production_value, json.loads(each.detail or "{}").get("production", {})) for each in said]
        return [(value, detail) for value, detail in told if value is not None]

    refused = Counter(detail["by"] for value, detail in found(behaviour.refusal) if value)
    assert refused == {"declined": 14, "finished": 1, "said": 1}
    assert sum(value for value, _ in found(behaviour.truncation)) == 48
    assert [detail["period"] for value, detail in found(behaviour.repetition) if value > 0.05] == [269]
    assert {value for value, _ in found(tools.tool_schema_valid)} == {1}
    assert {value for value, _ in found(tools.hallucinated_tool_name)} == {0}
    assert {value for value, _ in found(behaviour.pii_leaked)} == {0}
    mismatches = [detail for value, detail in found(behaviour.language) if not value]
    assert mismatches == [{"asked": "en", "answered": "ko"}]  # a translation that was asked for
