"""One side's bytes and stamps → an observation, asserted by value."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.errors import ProtocolError
from shadowbench.handoff import FrameReader, Kind, read_end, read_head, read_request_end
from shadowbench.pricing import PriceEntry, Pricer, PricingOptions
from shadowbench.recorder.observe import Asked, Means, observe
from shadowbench.recorder.raw import RawAttempt, RawSide
from shadowbench.recorder.testing import OK_HEAD, STREAM_HEAD, ScriptedSide
from shadowbench.records import (
    Answer,
    Attempt,
    Choice,
    Cost,
    Dialect,
    Observation,
    Outcome,
    Timing,
    Usage,
    UsageSource,
)
from shadowbench.wire.reading import ReadingLimits

ASKED = Asked(endpoint="small", dialect=Dialect.OPENAI_CHAT, requested_model="s-1")
OWN = PriceEntry(models=("s-*",), input_per_mtok=1.0, output_per_mtok=4.0, per_request=0.0)
MEANS = Means(limits=ReadingLimits(), pricer=Pricer(PricingOptions(entries=(OWN,))))
PRICE = '{"source":"config","model":"s-*","input_per_mtok":1.0,"output_per_mtok":4.0,"per_request":0.0}'
BODY = (
    b'{"id":"c1","object":"chat.completion","model":"s-1-0613","system_fingerprint":"fp_9","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}'
)


def raw(script: ScriptedSide, *, overflow: bool = False) -> RawSide:
    frames = list(FrameReader().feed(b"".join(script.frames(1, 1))))
    parts = tuple(frame.payload for frame in frames if frame.kind == Kind.PART)
    heads = [read_head(frame.payload) for frame in frames if frame.kind == Kind.HEAD]
    t0s = [read_request_end(frame.payload) for frame in frames if frame.kind == Kind.REQUEST_END]
    return RawSide(
        t0_ns=t0s[0] if t0s else None,
        head=heads[0] if heads else None,
        parts=parts,
        body_bytes=sum(len(data) for _, data in script.chunks),
        overflow=overflow,
        end=read_end(frames[-1].payload),
        attempts=script.attempts,
    )


def seen(script: ScriptedSide, *, overflow: bool = False) -> Observation:
    return observe(raw(script, overflow=overflow), ASKED, MEANS)


def test_a_whole_answer() -> None:
    script = ScriptedSide(
        head=OK_HEAD + b"request-id: req_7\r\n",
        chunks=((1_200_000_000, BODY[:50]), (1_300_000_000, BODY[50:])),
        connect_us=1500,
        queue_us=250,
        paused_us=10,
        lag_us=2000,
    )
    assert seen(script) == Observation(
        endpoint="small",
        outcome=Outcome.OK,
        status=200,
        streamed=False,
        answer=Answer(choices=(Choice(text="Hello", finish_reason="stop"),)),
        usage=Usage(source=UsageSource.REPORTED, input_tokens=5, output_tokens=2),
        timing=Timing(
            queue_s=0.00025,
            connect_s=0.0015,
            head_s=0.1,
            first_byte_s=0.2,
            first_content_s=0.2,
            last_byte_s=0.3,
            content_chunks=1,
            paused_s=0.00001,
            loop_lag_s=0.002,
        ),
        requested_model="s-1",
        reported_model="s-1-0613",
        fingerprint="fp_9",
        provider_request_id="req_7",
        response_bytes=len(BODY),
        body=BODY,
        dialect=Dialect.OPENAI_CHAT,
        cost=Cost(usd=pytest.approx(5e-6 + 2 * 4e-6), reason=None, price=PRICE),
    )


def test_a_name_of_a_model_has_an_end() -> None:
    body = BODY.replace(b"s-1-0613", b"m" * 100_000).replace(b"fp_9", b"f" * 513)
    told = seen(ScriptedSide(chunks=((1_200_000_000, body),)))
    assert (told.reported_model, told.fingerprint) == ("m" * 512, "f" * 512)


def test_a_compressed_answer_counts_its_bytes_as_they_came() -> None:
    packed = gzip.compress(BODY)
    observation = seen(ScriptedSide(head=OK_HEAD + b"content-encoding: gzip\r\n", chunks=((1_200_000_000, packed),)))
    assert (observation.outcome, observation.body, observation.response_bytes) == (Outcome.OK, BODY, len(packed))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=12))
def test_how_chunks_were_cut_changes_times_only(cuts: list[int]) -> None:
    chunks, rest, at_ns = [], BODY, 1_200_000_000
    for cut in cuts:
        chunks.append((at_ns, rest[:cut]))
        rest, at_ns = rest[cut:], at_ns + 1
    observation = seen(ScriptedSide(chunks=(*chunks, (at_ns, rest))))
    assert (observation.body, observation.outcome) == (BODY, Outcome.OK)
    assert observation.timing.first_byte_s == 0.2


EVENT = b'data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"%d"}}]}\n\n'


def stream(count: int, *, done: bool = True) -> tuple[tuple[int, bytes], ...]:
    chunks = [(1_200_000_000 + n * 100_000_000, EVENT % n) for n in range(count)]
    return (*chunks, (1_950_000_000, b"data: [DONE]\n\n")) if done else tuple(chunks)


def test_a_stream_is_timed_by_its_content() -> None:
    timing = seen(ScriptedSide(head=STREAM_HEAD, chunks=stream(3))).timing
    assert (timing.first_content_s, timing.content_chunks) == (0.2, 3)
    assert timing.last_byte_s == 0.95
    assert timing.gap_p50_s == pytest.approx(0.1)


CUT_STREAM = ScriptedSide(head=STREAM_HEAD, chunks=stream(2, done=False), reason="client_cancelled")


@pytest.mark.parametrize(
    ("script", "outcome", "reason"),
    [
        (ScriptedSide(head=STREAM_HEAD, chunks=stream(2, done=False), reason="production_reset"), "truncated", "reset"),
        (ScriptedSide(head=STREAM_HEAD, chunks=stream(2), reason="client_cancelled"), "ok", None),
        (CUT_STREAM, "client_cancelled", "client_cancelled"),
        (
            ScriptedSide(head=STREAM_HEAD, chunks=stream(1, done=False), reason="timed_out_idle"),
            "timed_out",
            "timed_out_idle",
        ),
        (ScriptedSide(head=STREAM_HEAD, chunks=stream(1, done=False), reason="overflow"), "truncated", "overflow"),
        (
            ScriptedSide(head=STREAM_HEAD, chunks=stream(1, done=False), reason="shutdown"),
            "client_cancelled",
            "shutdown",
        ),
        (ScriptedSide(head=None, reason="shutdown"), "client_cancelled", "shutdown"),
        (ScriptedSide(head=None, reason="killed"), "client_cancelled", "killed"),
        (ScriptedSide(head=None, reason="egress_refused"), "unreachable", "egress_refused"),
        (ScriptedSide(head=None, reason="refused"), "unreachable", "refused"),
        (ScriptedSide(head=None, reason="dns"), "unreachable", "dns"),
        (ScriptedSide(head=None, reason="tls"), "unreachable", "tls"),
        (ScriptedSide(head=None, reason="production_unreachable"), "unreachable", "unreachable"),
        (ScriptedSide(head=None, reason="production_stale"), "unreachable", "stale"),
        (ScriptedSide(head=None, reason="production_reset"), "unreachable", "reset"),
        (ScriptedSide(head=None, reason="timed_out_first_byte"), "timed_out", "timed_out_first_byte"),
        (ScriptedSide(head=None, reason="client_cancelled"), "client_cancelled", "client_cancelled"),
        (ScriptedSide(head=None, t0_ns=None, reason="timed_out_connect"), "timed_out", "timed_out_connect"),
        (ScriptedSide(head=None, t0_ns=None, reason="not_sent:queue_full"), "not_sent", "queue_full"),
        (
            ScriptedSide(head=b"HTTP/1.1 429 Too Many\r\n", chunks=((1_200_000_000, b"slow"),)),
            "http_error",
            "status_429",
        ),
        (ScriptedSide(chunks=((1_200_000_000, b"{"),)), "unparsed", None),
    ],
)
def test_every_end_has_its_class(script: ScriptedSide, outcome: str, reason: str | None) -> None:
    observation = seen(script)
    assert observation.outcome == outcome
    assert (observation.reason == reason) or (outcome == "unparsed" and observation.reason)


def test_above_the_capture_bound_a_prefix_is_not_taken_for_the_answer() -> None:
    observation = seen(ScriptedSide(chunks=((1_200_000_000, BODY[:40]),)), overflow=True)
    assert (observation.outcome, observation.reason, observation.body_truncated) == (
        Outcome.TRUNCATED,
        "overflow",
        True,
    )
    assert observation.timing.last_byte_s == 1.0


def test_stamps_that_do_not_add_up_are_refused() -> None:
    side = raw(ScriptedSide(chunks=((1_200_000_000, BODY),)))
    broken = RawSide(t0_ns=1, head=side.head, parts=(side.parts[0][:-1],), body_bytes=1, overflow=False, end=side.end)
    with pytest.raises(ProtocolError):
        observe(broken, ASKED, MEANS)


# ── what it cost ──


def test_attempts_count_from_t0_and_into_the_cost() -> None:
    attempts = (
        RawAttempt("http_429", 429, 400_000_000, 500_000_000),
        RawAttempt("stale", None, 600_000_000, 600_000_000),
    )
    observation = seen(ScriptedSide(attempts=attempts, chunks=((1_200_000_000, BODY),)))
    assert observation.attempts == (
        Attempt(reason="http_429", status=429, started_s=-0.6, duration_s=0.1, cost_usd=0.0),
        Attempt(reason="stale", status=None, started_s=-0.4, duration_s=0.0, cost_usd=0.0),
    )
    assert observation.cost == Cost(usd=pytest.approx(13e-6), reason=None, price=PRICE)


def test_an_attempt_that_was_answered_pays_the_price_per_request() -> None:
    pricer = Pricer(PricingOptions(entries=(PriceEntry(input_per_mtok=1, output_per_mtok=4, per_request=0.5),)))
    script = ScriptedSide(attempts=(RawAttempt("http_503", 503, 1, 2),), chunks=((1_200_000_000, BODY),))
    observation = observe(raw(script), ASKED, Means(limits=ReadingLimits(), pricer=pricer))
    assert observation.attempts[0].cost_usd == 0.5
    assert observation.cost is not None
    assert observation.cost.usd == pytest.approx(1.0 + 13e-6)


def test_an_answer_kept_for_another_attempt_that_was_never_made_is_an_http_error() -> None:
    attempts = (RawAttempt("http_429", 429, 1, 2),)
    observation = seen(ScriptedSide(t0_ns=None, head=None, reason="http_429", attempts=attempts))
    assert (observation.outcome, observation.reason, observation.status) == (Outcome.HTTP_ERROR, "status_429", 429)
    assert observation.cost == Cost(usd=0.0, reason=None)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (ScriptedSide(t0_ns=None, head=None, reason="refused"), None),
        (ScriptedSide(head=b"HTTP/1.1 401 No\r\n"), None),
        (ScriptedSide(head=None, reason="timed_out_first_byte"), "no_usage"),
        (ScriptedSide(head=b"HTTP/1.1 500 No\r\n"), "no_usage"),
    ],
)
def test_nothing_is_free_unless_no_model_ran(script: ScriptedSide, reason: str | None) -> None:
    cost = seen(script).cost
    assert cost is not None
    assert (cost.usd, cost.reason) == (0.0 if reason is None else None, reason)


def test_counts_of_a_stream_that_broke_off_are_not_its_cost() -> None:
    event = (
        b'data: {"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}}\n\n'
    )
    script = ScriptedSide(head=STREAM_HEAD, chunks=((1_200_000_000, event),), reason="reset")
    cost = seen(script).cost
    assert cost is not None
    assert (cost.usd, cost.reason) == (None, "partial_usage")


def test_a_machine_is_paid_for_until_the_last_byte_or_the_end() -> None:
    pricer = Pricer(PricingOptions(entries=(PriceEntry(gpu_hour_usd=3600.0, gpu_concurrency=4),)))
    means = Means(limits=ReadingLimits(), pricer=pricer)
    whole = observe(raw(ScriptedSide(chunks=((1_500_000_000, b"?"),))), ASKED, means)
    silent = observe(raw(ScriptedSide(head=None, reason="timed_out_total")), ASKED, means)
    assert whole.cost is not None
    assert silent.cost is not None
    assert (whole.cost.usd, silent.cost.usd) == (pytest.approx(0.125), pytest.approx(0.25))


def test_what_was_not_sent_has_no_cost() -> None:
    assert seen(ScriptedSide(t0_ns=None, head=None, reason="not_sent:stale")).cost is None


def test_whoever_watches_is_told_of_each_observation_and_when_its_pieces_came() -> None:
    event = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    stream = ScriptedSide(
        head=STREAM_HEAD,
        chunks=((1_250_000_000, event), (1_500_000_000, event), (1_600_000_000, b"data: [DONE]\n\n")),
    )
    told: list[tuple[Observation, tuple[float, ...]]] = []
    means = MEANS._replace(tell=lambda observation, times: told.append((observation, tuple(times))))
    streamed = observe(raw(stream), ASKED, means)
    headless = observe(raw(ScriptedSide(head=None, reason="connect_refused")), ASKED, means)
    assert told == [(streamed, (0.25, 0.5)), (headless, ())]
