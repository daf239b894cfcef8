"""Calls as spans: whose child, under which ids, with what said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.otlp.call import Call, Calls, Try
from shadowbench.otlp.options import Destination
from shadowbench.otlp.spans import LONGEST_NAME, Event, is_kept, spans_of, trace_id_of
from shadowbench.records import Dialect, Outcome, Timing, Usage, UsageSource
from shadowbench.wire.trace_context import TraceContext

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
PRODUCTION = Call(
    target="production",
    dialect=Dialect.OPENAI_CHAT,
    outcome=Outcome.OK,
    start_ns=1_700_000_000_500_000_000,
    end_ns=1_700_000_001_000_000_000,
    usage=Usage(
        source=UsageSource.REPORTED,
        input_tokens=30,
        output_tokens=8,
        cached_input_tokens=20,
        cache_write_tokens=5,
        reasoning_tokens=3,
    ),
    timing=Timing(first_byte_s=0.1, first_content_s=0.2, last_byte_s=0.4),
    status=200,
    requested_model="big",
    reported_model="big-1",
    streamed=True,
    finish_reasons=("stop",),
    cost_usd=0.02,
)
SMALL = replace(PRODUCTION, target="small", dialect=Dialect.ANTHROPIC_MESSAGES, requested_model="small-model")
CALLS = Calls(
    exchange_id="01900000-0000-7000-8000-000000000001",
    context=TraceContext(TRACE, SPAN, True),
    trace_state="vendor=1",
    calls=(PRODUCTION, SMALL),
)
DESTINATIONS = {"production": Destination(target="production", address="api.test", port=443, provider="azure")}


def test_production_is_a_child_of_the_client_and_candidates_are_children_of_production() -> None:
    production, small = spans_of(CALLS, DESTINATIONS)
    assert {production.trace_id, small.trace_id} == {TRACE}
    assert (production.parent_id, production.is_parent_remote) == (SPAN, True)
    assert (small.parent_id, small.is_parent_remote) == (production.span_id, False)
    assert len({production.span_id, small.span_id, SPAN}) == 3
    assert {production.trace_state, small.trace_state} == {"vendor=1"}


def test_a_span_says_what_the_conventions_ask_for() -> None:
    production, small = spans_of(CALLS, DESTINATIONS)
    assert (production.name, small.name) == ("chat big", "chat small-model")
    assert production.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "azure.ai.openai",
        "gen_ai.request.model": "big",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "big-1",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.response.time_to_first_chunk": 0.1,
        "gen_ai.usage.input_tokens": 30,
        "gen_ai.usage.output_tokens": 8,
        "gen_ai.usage.cache_read.input_tokens": 20,
        "gen_ai.usage.cache_creation.input_tokens": 5,
        "gen_ai.usage.reasoning.output_tokens": 3,
        "http.response.status_code": 200,
        "server.address": "api.test",
        "server.port": 443,
        "shadowbench.cost_usd": 0.02,
        "shadowbench.exchange.id": CALLS.exchange_id,
        "shadowbench.outcome": "ok",
        "shadowbench.target": "production",
        "shadowbench.time_to_first_token": 0.2,
    }
    assert (production.start_ns, production.end_ns, production.error) == (PRODUCTION.start_ns, PRODUCTION.end_ns, None)
    assert small.attributes["gen_ai.provider.name"] == "anthropic"
    assert "server.address" not in small.attributes


def test_what_is_not_known_is_left_out() -> None:
    bare = Call(
        target="small",
        dialect=Dialect.UNKNOWN,
        outcome=Outcome.UNREACHABLE,
        reason="connect_refused",
        start_ns=1,
        end_ns=2,
        usage=Usage(source=UsageSource.MISSING),
        timing=Timing(),
    )
    (span,) = spans_of(replace(CALLS, calls=(bare,)), {})
    assert (span.name, span.error) == ("unknown", "connect_refused")
    assert span.attributes == {
        "gen_ai.operation.name": "unknown",
        "gen_ai.provider.name": "unknown",
        "error.type": "unreachable",
        "shadowbench.exchange.id": CALLS.exchange_id,
        "shadowbench.outcome": "unreachable",
        "shadowbench.reason": "connect_refused",
        "shadowbench.target": "small",
    }


def test_attempts_are_events() -> None:
    tried = Try(reason="http_429", status=429, start_ns=5, end_ns=7)
    (span,) = spans_of(replace(CALLS, calls=(replace(PRODUCTION, tries=(tried,)),)), {})
    attributes = {"shadowbench.reason": "http_429", "http.response.status_code": 429}
    assert span.events == (Event(name="shadowbench.attempt", at_ns=7, attributes=attributes),)


def test_without_a_clients_trace_the_exchange_is_one() -> None:
    production, small = spans_of(replace(CALLS, context=None, trace_state=None), {})
    assert (production.trace_id, production.parent_id) == ("01900000000070008000000000000001", None)
    assert small.parent_id == production.span_id


def test_ids_are_found_again_and_differ_between_exchanges() -> None:
    other = replace(CALLS, exchange_id="01900000-0000-7000-8000-000000000002")
    assert spans_of(CALLS, {}) == spans_of(CALLS, {})
    assert {each.span_id for each in spans_of(CALLS, {})}.isdisjoint(each.span_id for each in spans_of(other, {}))


@given(st.text(max_size=60))
def test_any_exchange_has_a_trace_id_that_w3c_allows(exchange_id: str) -> None:
    found = trace_id_of(replace(CALLS, context=None, exchange_id=exchange_id))
    assert len(found) == 32 and int(found, 16) > 0


def test_names_of_models_have_a_longest_length() -> None:
    (span,) = spans_of(replace(CALLS, calls=(replace(PRODUCTION, requested_model="m" * 5000),)), {})
    assert len(span.name) == len("chat ") + LONGEST_NAME
    assert span.attributes["gen_ai.request.model"] == "m" * LONGEST_NAME


# ── which traces have spans ──


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_trace_that_its_client_does_not_keep_has_none(share: float) -> None:
    assert not is_kept(TraceContext(TRACE, SPAN, False), TRACE, share)


@given(st.integers(1, 2**128 - 1), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_keeps_what_a_smaller_one_did(number: int, one: float, other: float) -> None:
    trace_id = f"{number:032x}"
    assert is_kept(None, trace_id, 1.0)
    assert not is_kept(None, trace_id, 0.0)
    assert is_kept(None, trace_id, min(one, other)) <= is_kept(None, trace_id, max(one, other))


def test_the_share_is_a_share_of_the_traces() -> None:
    """56 bits of the id decide: with equally spaced ones the share is met to the step."""
    ids = [f"{step * 2**48:032x}" for step in range(256)]
    assert sum(is_kept(None, each, 0.25) for each in ids) == 64
