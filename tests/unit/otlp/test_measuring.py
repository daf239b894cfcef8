"""Calls as values of metrics."""

from __future__ import annotations

from dataclasses import replace

from shadowbench.otlp.call import Call
from shadowbench.otlp.measuring import METRICS, OTHER, Models, measurements_of
from shadowbench.otlp.options import Destination
from shadowbench.records import NO_USAGE, Outcome
from tests.unit.otlp.test_spans import PRODUCTION, SMALL

HERE = Destination(target="production", address="api.test", port=443, provider="openai")
COMMON = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "big",
    "gen_ai.response.model": "big-1",
    "server.address": "api.test",
    "server.port": 443,
    "shadowbench.target": "production",
}


def measured(call: Call, models: Models | None = None) -> dict[tuple[str, object], float]:
    """By metric, and type of token."""
    found = measurements_of(call, HERE, models or Models())
    return {(each.metric.name, each.attributes.get("gen_ai.token.type")): each.value for each in found}


def test_an_answer_is_measured_from_the_same_facts_as_in_our_own_histograms() -> None:
    assert measured(PRODUCTION) == {
        ("gen_ai.client.operation.duration", None): 0.4,
        ("gen_ai.client.operation.time_to_first_chunk", None): 0.1,
        ("gen_ai.server.time_to_first_token", None): 0.2,
        ("gen_ai.client.token.usage", "input"): 30,
        ("gen_ai.client.token.usage", "output"): 8,
    }
    for each in measurements_of(PRODUCTION, HERE, Models()):
        assert {key: value for key, value in each.attributes.items() if key != "gen_ai.token.type"} == COMMON


def test_what_is_not_streamed_has_no_first_chunk_and_absent_tokens_are_not_zero() -> None:
    call = replace(PRODUCTION, streamed=False, usage=NO_USAGE)
    assert measured(call) == {("gen_ai.client.operation.duration", None): 0.4}


def test_what_failed_has_a_duration_with_its_error() -> None:
    call = replace(PRODUCTION, outcome=Outcome.HTTP_ERROR, status=503, streamed=False, usage=NO_USAGE)
    (found,) = measurements_of(call, HERE, Models())
    assert (found.value, found.attributes["error.type"]) == (0.5, "503")


def test_what_the_client_gave_up_has_no_duration() -> None:
    call = replace(PRODUCTION, outcome=Outcome.CLIENT_CANCELLED)
    assert ("gen_ai.client.operation.duration", None) not in measured(call)


def test_times_that_we_disturbed_are_left_out() -> None:
    assert {name for name, _ in measured(replace(PRODUCTION, is_timed=False))} == {"gen_ai.client.token.usage"}


def test_models_beyond_so_many_are_other() -> None:
    models = Models(most=2)
    measured(PRODUCTION, models)  # big, big-1
    (told,) = {
        (each.attributes["gen_ai.request.model"], each.attributes["gen_ai.response.model"])
        for each in measurements_of(SMALL, None, models)
    }
    assert told == (OTHER, "big-1")


def test_edges_are_those_of_the_conventions() -> None:
    edges = {each.name: each.edges for each in METRICS}
    assert edges["gen_ai.client.operation.duration"][0::13] == (0.01, 81.92)
    assert edges["gen_ai.client.token.usage"][0::13] == (1, 67108864)
    assert edges["gen_ai.server.time_to_first_token"][0::15] == (0.001, 10.0)
    assert all(list(each) == sorted(set(each)) for each in edges.values())
