"""A transcript of frames → the calls that OpenTelemetry is told of, for each dialect, and for what goes wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shadowbench.handoff import FrameReader
from shadowbench.otlp.call import Call, Calls, Try
from shadowbench.pricing import Pricer, PricingOptions
from shadowbench.recorder.assembly import Assembly
from shadowbench.recorder.calls import calls_of
from shadowbench.recorder.exchange import Reader
from shadowbench.recorder.memory import Memory
from shadowbench.recorder.raw import RawAttempt, RawExchange
from shadowbench.recorder.testing import STREAM_HEAD, ScriptedExchange, ScriptedSide, candidate_fields, plan_fields
from shadowbench.records import Dialect, Outcome
from shadowbench.wire.reading import ReadingLimits
from shadowbench.wire.trace_context import TraceContext

READER = Reader(request_id_header=None, limits=ReadingLimits(), pricer=Pricer(PricingOptions()))
# The transcripts' exchange was opened at 0.9 s of the monotonic clock, and at this moment of the wall.
OPENED_NS = 1_700_000_000_500_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
HEAD = b"POST /v1/x HTTP/1.1\r\nHost: gw\r\n"
SECRET = "sk-this-must-not-leave"
REQUEST = json.dumps({"model": "big", "messages": [{"role": "user", "content": SECRET}]}).encode()


def raw(script: ScriptedExchange) -> RawExchange:
    to = Assembly(Memory(10**8), max_body_bytes=10**6)
    *_, closed = [to.take(frame) for frame in FrameReader().feed(b"".join(script.frames(1)))]
    assert isinstance(closed, RawExchange)
    return closed


def calls(script: ScriptedExchange) -> Calls:
    told = raw(script)
    return calls_of(told, READER.read(told))


def script(*, dialect: str = "openai.chat", head: bytes = HEAD, **sides: Any) -> ScriptedExchange:
    return ScriptedExchange(plan=plan_fields((), dialect=dialect), head=head, body=REQUEST, **sides)


def answer(**fields: Any) -> ScriptedSide:
    return ScriptedSide(chunks=((1_200_000_000, json.dumps(fields).encode()),), end_ns=1_250_000_000)


USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
ANSWERS = {
    "openai.chat": answer(
        object="chat.completion",
        model="big-1",
        choices=[{"index": 0, "message": {"role": "assistant", "content": SECRET}, "finish_reason": "stop"}],
        usage=USAGE,
    ),
    "openai.completions": answer(
        object="text_completion",
        model="big-1",
        choices=[{"index": 0, "text": SECRET, "finish_reason": "stop"}],
        usage=USAGE,
    ),
    "openai.responses": answer(
        object="response",
        model="big-1",
        status="completed",
        output=[{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": SECRET}]}],
        usage={"input_tokens": 9, "output_tokens": 2, "total_tokens": 11},
    ),
    "anthropic.messages": answer(
        type="message",
        role="assistant",
        model="big-1",
        content=[{"type": "text", "text": SECRET}],
        stop_reason="end_turn",
        usage={"input_tokens": 9, "output_tokens": 2},
    ),
    "ollama.chat": answer(
        model="big-1",
        message={"role": "assistant", "content": SECRET},
        done=True,
        done_reason="stop",
        prompt_eval_count=9,
        eval_count=2,
    ),
    "openai.embeddings": answer(
        object="list",
        model="big-1",
        data=[{"object": "embedding", "index": 0, "embedding": [0.25, 0.5]}],
        usage={"prompt_tokens": 9, "total_tokens": 9},
    ),
}


@pytest.mark.parametrize("dialect", ANSWERS)
def test_a_call_has_its_numbers_and_names_in_every_dialect(dialect: str) -> None:
    told = calls(script(dialect=dialect, production=ANSWERS[dialect]))
    (call,) = told.calls
    assert (call.dialect, call.outcome, call.status, call.streamed) == (Dialect(dialect), Outcome.OK, 200, False)
    assert (call.requested_model, call.reported_model) == ("big", "big-1")
    assert (call.usage.input_tokens, call.usage.output_tokens) == (9, None if "embed" in dialect else 2)
    expected = {"openai.embeddings": (), "anthropic.messages": ("end_turn",), "openai.responses": ("completed",)}
    assert call.finish_reasons == expected.get(dialect, ("stop",))
    assert SECRET not in repr(told)


def test_times_are_the_walls_and_productions_call_begins_when_it_was_opened() -> None:
    (call,) = calls(script(production=ANSWERS["openai.chat"])).calls
    assert (call.start_ns, call.end_ns) == (OPENED_NS, OPENED_NS + 350_000_000)
    assert call.timing.last_byte_s == 0.2  # since the request's last byte, not since it was opened


def test_a_candidates_call_begins_with_its_connection() -> None:
    side = replace(ANSWERS["openai.chat"], connect_us=30_000)
    plan = plan_fields((candidate_fields(),))
    told = calls(replace(script(production=ANSWERS["openai.chat"]), plan=plan, candidates={1: side}))
    _, small = told.calls
    assert (small.target, small.requested_model) == ("small", "small-model")
    assert (small.start_ns, small.end_ns) == (OPENED_NS + 70_000_000, OPENED_NS + 350_000_000)


def test_attempts_before_the_one_that_counts_are_part_of_the_call() -> None:
    attempt = RawAttempt(reason="http_429", status=429, started_ns=950_000_000, ended_ns=980_000_000)
    side = replace(ANSWERS["openai.chat"], attempts=(attempt,))
    plan = plan_fields((candidate_fields(),))
    _, small = calls(replace(script(production=ANSWERS["openai.chat"]), plan=plan, candidates={1: side})).calls
    assert small.start_ns == OPENED_NS + 50_000_000
    assert small.tries == (
        Try(reason="http_429", status=429, start_ns=OPENED_NS + 50_000_000, end_ns=OPENED_NS + 80_000_000),
    )


def test_a_candidate_that_was_not_called_has_no_call() -> None:
    plan = plan_fields((candidate_fields(not_sent="stale"),))
    told = calls(replace(script(production=ANSWERS["openai.chat"]), plan=plan))
    assert [call.target for call in told.calls] == ["production"]


def only_call(side: ScriptedSide) -> Call:
    (call,) = calls(script(production=side)).calls
    return call


STREAM = (
    b'data: {"object":"chat.completion.chunk","model":"big-1","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [("production_reset", Outcome.TRUNCATED), ("client_cancelled", Outcome.CLIENT_CANCELLED)],
)
def test_a_stream_that_was_cut_off_says_so_and_ends_when_it_was(reason: str, outcome: Outcome) -> None:
    side = ScriptedSide(head=STREAM_HEAD, chunks=((1_150_000_000, STREAM),), end_ns=1_400_000_000, reason=reason)
    call = only_call(side)
    assert (call.outcome, call.streamed, call.end_ns - call.start_ns) == (outcome, True, 500_000_000)
    assert (call.timing.first_content_s, call.finish_reasons) == (0.15, ())


def test_an_endpoint_that_could_not_be_reached_has_a_call_that_failed() -> None:
    call = only_call(ScriptedSide(t0_ns=None, head=None, reason="production_connect_refused", end_ns=910_000_000))
    assert (call.outcome, call.status, call.end_ns - call.start_ns) == (Outcome.UNREACHABLE, None, 10_000_000)


def test_an_error_of_the_provider_is_told_by_its_status() -> None:
    body = json.dumps({"error": {"message": SECRET, "type": "rate_limit"}}).encode()
    side = ScriptedSide(head=b"HTTP/1.1 429 Too Many Requests\r\n", chunks=((1_200_000_000, body),))
    call = only_call(side)
    assert (call.outcome, call.status, call.reason) == (Outcome.HTTP_ERROR, 429, "status_429")
    assert SECRET not in repr(call)


def test_times_that_we_disturbed_are_marked() -> None:
    assert only_call(ANSWERS["openai.chat"]).is_timed
    assert not only_call(replace(ANSWERS["openai.chat"], paused_us=5)).is_timed


def test_the_clients_trace_goes_along() -> None:
    lines = f"traceparent: 00-{TRACE}-{SPAN}-01\r\nTraceState: a=1\r\ntracestate: b=2\r\n".encode()
    told = calls(script(head=HEAD + lines, production=ANSWERS["openai.chat"]))
    assert (told.context, told.trace_state) == (TraceContext(TRACE, SPAN, True), "a=1,b=2")


def test_a_trace_state_without_a_trace_means_nothing() -> None:
    told = calls(script(head=HEAD + b"tracestate: a=1\r\n", production=ANSWERS["openai.chat"]))
    assert (told.context, told.trace_state) == (None, None)
