"""Our facts in OpenTelemetry's words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

from shadowbench.otlp import conventions
from shadowbench.otlp.call import Try
from shadowbench.otlp.conventions import error_type_of, operation_of, provider_of
from shadowbench.otlp.measuring import METRICS
from shadowbench.records import Dialect, Outcome
from tests.unit.otlp.test_spans import PRODUCTION


def test_every_dialect_has_an_operation_of_the_conventions() -> None:
    known = {"chat", "text_completion", "embeddings", "generate_content"}
    assert {operation_of(dialect) for dialect in Dialect} == known | {"unknown"}
    assert operation_of(Dialect.UNKNOWN) == "unknown"


@pytest.mark.parametrize(
    ("known", "dialect", "told"),
    [
        ("openai", Dialect.OPENAI_CHAT, "openai"),
        ("aws", Dialect.ANTHROPIC_MESSAGES, "aws.bedrock"),
        ("together", Dialect.OPENAI_CHAT, "together"),
        ("", Dialect.OPENAI_RESPONSES, "openai"),
        ("", Dialect.ANTHROPIC_MESSAGES, "anthropic"),
        ("", Dialect.GEMINI, "gcp.gemini"),
        ("", Dialect.OLLAMA_CHAT, "ollama"),
        ("", Dialect.UNKNOWN, "unknown"),
    ],
)
def test_a_provider_is_who_bills_else_whose_format_is_spoken(known: str, dialect: Dialect, told: str) -> None:
    assert provider_of(known, dialect) == told


@pytest.mark.parametrize(
    ("outcome", "status", "told"),
    [
        (Outcome.OK, 200, None),
        (Outcome.CLIENT_CANCELLED, 200, None),
        (Outcome.HTTP_ERROR, 429, "429"),
        (Outcome.STREAM_ERROR, 200, "stream_error"),
        (Outcome.TRUNCATED, 200, "truncated"),
        (Outcome.TIMED_OUT, None, "timed_out"),
        (Outcome.UNREACHABLE, None, "unreachable"),
        (Outcome.UNPARSED, 200, "unparsed"),
    ],
)
def test_an_error_is_a_status_or_one_of_our_outcomes(outcome: Outcome, status: int | None, told: str | None) -> None:
    assert error_type_of(replace(PRODUCTION, outcome=outcome, status=status)) == told


@pytest.mark.parametrize(("status", "told"), [(503, "503"), (None, "connect_refused")])
def test_what_was_not_tried_again_failed_as_its_last_attempt_did(status: int | None, told: str) -> None:
    tried = Try(reason="connect_refused", status=status, start_ns=0, end_ns=1)
    assert error_type_of(replace(PRODUCTION, outcome=Outcome.NOT_SENT, status=None, tries=(tried,))) == told


def test_names_are_those_of_opentelemetrys_own_constants() -> None:
    """Its package has them still, marked as moved; from there nothing is imported but here."""
    known = {
        value
        for module in (gen_ai_attributes, gen_ai_metrics)
        for value in vars(module).values()
        if isinstance(value, str)
    }
    ours = {value for value in vars(conventions).values() if isinstance(value, str) and value.startswith("gen_ai.")}
    assert ours | {metric.name for metric in METRICS} <= known
    assert len(ours) == 13
