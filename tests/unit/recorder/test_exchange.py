"""A transcript of frames → the exchange of the log, asserted by value."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shadowbench.handoff import FrameReader
from shadowbench.pricing import Pricer, PricingOptions
from shadowbench.recorder.assembly import Assembly
from shadowbench.recorder.exchange import Reader
from shadowbench.recorder.memory import Memory
from shadowbench.recorder.raw import RawExchange
from shadowbench.recorder.testing import ScriptedExchange, ScriptedSide, candidate_fields, plan_fields
from shadowbench.records import CandidateResult, Cost, Dialect, Exchange, Observation, Outcome, Timing
from shadowbench.signals import Trace
from shadowbench.wire.reading import ReadingLimits

READER = Reader(request_id_header="X-Trace", limits=ReadingLimits(), pricer=Pricer(PricingOptions()))
REQUEST = b'{"model": "big", "messages": [{"role": "user", "content": "Hi"}]}'


def raw(script: ScriptedExchange) -> RawExchange:
    to = Assembly(Memory(10**8), max_body_bytes=10**6)
    *_, closed = [to.take(frame) for frame in FrameReader().feed(b"".join(script.frames(1)))]
    assert isinstance(closed, RawExchange)
    return closed


def exchange(script: ScriptedExchange) -> Exchange:
    return READER.read(raw(script))


SCRIPT = ScriptedExchange(
    plan=plan_fields((candidate_fields(), candidate_fields(2, "hot", model=None, not_sent="stale"))),
    head=b"POST /v1/chat/completions?key=1 HTTP/1.1\r\nHost: gw\r\nAuthorization: hash:00\r\n",
    body=REQUEST,
    production=ScriptedSide(head=b"HTTP/1.1 500 Oops\r\nx-request-id: r9\r\n", end_ns=1_100_000_000),
    candidates={1: ScriptedSide(head=None, reason="timed_out_total", lag_us=7)},
)


def test_an_exchange_is_told_whole() -> None:
    assert exchange(SCRIPT) == Exchange(
        id="01900000-0000-7000-8000-000000000001",
        started_at=1_700_000_000.5,
        method="POST",
        path="/v1/chat/completions",
        dialect=Dialect.OPENAI_CHAT,
        request_id="r9",
        cluster_key="cluster-1",
        epoch="proxy-0-a1",
        sequence=7,
        policy_version=3,
        config_hash="mirror-config",
        request_body=REQUEST,
        request_headers=(("Host", "gw"), ("Authorization", "hash:00")),
        production=Observation(
            endpoint="production",
            outcome=Outcome.HTTP_ERROR,
            reason="status_500",
            status=500,
            streamed=False,
            timing=Timing(head_s=0.1, content_chunks=0),
            requested_model="big",
            provider_request_id="r9",
            body=b"",
            dialect=Dialect.OPENAI_CHAT,
            cost=Cost(usd=None, reason="unknown_model"),
        ),
        candidates=(
            CandidateResult(
                observation=Observation(
                    endpoint="small",
                    outcome=Outcome.TIMED_OUT,
                    reason="timed_out_total",
                    timing=Timing(loop_lag_s=0.000007),
                    requested_model="small-model",
                    dialect=Dialect.OPENAI_CHAT,
                    cost=Cost(usd=None, reason="unknown_model"),
                ),
                inclusion_probability=0.25,
                config_hash="small-config",
            ),
            CandidateResult(
                observation=Observation(
                    endpoint="hot",
                    outcome=Outcome.NOT_SENT,
                    reason="stale",
                    requested_model="big",
                    dialect=Dialect.OPENAI_CHAT,
                ),
                inclusion_probability=0.25,
                config_hash="hot-config",
            ),
        ),
    )


@pytest.mark.parametrize(("planned", "header", "expected"), [("p", b"h", "p"), (None, b"h", "h"), (None, b"", "r9")])
def test_the_request_id_is_the_clients_else_productions(planned: str | None, header: bytes, expected: str) -> None:
    head = SCRIPT.head + b"x-trace: " + header + b"\r\n"
    script = replace(SCRIPT, head=head, plan={**SCRIPT.plan, "request_id_header": planned})
    assert exchange(script).request_id == expected


@pytest.mark.parametrize("line", [b"Content-Encoding: gzip\r\n", b""], ids=["declared", "header lost"])
def test_a_compressed_request_is_kept_decoded(line: bytes) -> None:
    seen = exchange(replace(SCRIPT, head=SCRIPT.head + line, body=gzip.compress(REQUEST)))
    assert (seen.request_body, seen.production.requested_model) == (REQUEST, "big")


@pytest.mark.parametrize(
    ("extra", "body"),
    [
        (b"Content-Encoding: gzip\r\n", b"no gzip"),
        (b"Content-Encoding: morse\r\n", b"..."),
        (b"", bytes(2_000_000)),
        (b"Content-Encoding: gzip\r\n", gzip.compress(bytes(70_000_000))),
    ],
    ids=["corrupt", "unknown coding", "over the capture bound", "bomb"],
)
def test_a_request_that_cannot_be_kept_is_absent_not_empty(extra: bytes, body: bytes) -> None:
    seen = exchange(replace(SCRIPT, head=SCRIPT.head + extra, body=body))
    assert (seen.request_body, seen.production.requested_model) == (None, None)


def test_each_side_is_read_in_its_own_dialect_and_knows_it() -> None:
    message = (
        b'{"type":"message","role":"assistant","model":"c-1","content":[{"type":"text","text":"Hi"}],'
        b'"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}'
    )
    plan = plan_fields((candidate_fields(dialect="anthropic.messages"),), tenant_key="t", user_key="u", stratum="gold")
    seen = exchange(replace(SCRIPT, plan=plan, candidates={1: ScriptedSide(chunks=((1_200_000_000, message),))}))
    small = seen.candidates[0].observation
    assert (seen.production.dialect, small.dialect) == (Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES)
    assert small.answer is not None
    assert small.answer.first.text == "Hi"
    assert (seen.tenant_key, seen.user_key, seen.stratum) == ("t", "u", "gold")


def test_an_empty_request_is_empty() -> None:
    assert exchange(replace(SCRIPT, body=b"")).request_body == b""


def told_traces(*lines: bytes) -> list[Trace | None]:
    """With which trace each observation was told."""
    traces: list[Trace | None] = []

    def tell(seen: Observation, content_times: Sequence[float], trace: Trace | None = None) -> None:
        traces.append(trace)

    replace(READER, tell=tell).read(raw(replace(SCRIPT, head=SCRIPT.head + b"".join(lines))))
    return traces


PARENT = b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0%d\r\n"


def test_observations_are_told_with_the_trace_that_the_client_keeps() -> None:
    labels = (("span_id", "b7ad6b7169203331"), ("trace_id", "0af7651916cd43dd8448eb211c80319c"))
    assert told_traces(PARENT % 1) == [Trace(labels, 1_700_000_000.5)] * 2  # production, small; hot was not sent


@pytest.mark.parametrize("lines", [(), (PARENT % 0,), (PARENT % 1, PARENT % 1)], ids=["none", "not kept", "two"])
def test_a_trace_that_cannot_be_looked_up_is_not_told(lines: tuple[bytes, ...]) -> None:
    assert told_traces(*lines) == [None, None]
