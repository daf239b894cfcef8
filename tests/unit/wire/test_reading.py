"""Whole responses through the reader: outcome, times, and how transport, coding and dialect combine."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.records import NO_USAGE, Answer, Choice, Dialect, Outcome, UsageSource
from shadowbench.wire.reading import Reading, ReadingLimits, outcome_of_transport, read_plain, reader_for

Cut = Callable[[bytes], list[bytes]]
CHAT, MESSAGES, UNKNOWN = Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES, Dialect.UNKNOWN
SSE, JSON = "text/event-stream; charset=utf-8", "application/json"

ROLE = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
HEL = b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'
LO = b'data: {"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"
STREAM = ROLE + HEL + LO + USAGE + DONE
ERROR_EVENT = b'data: {"error":{"type":"server_error","message":"m"}}\n\n'
HELLO = Answer(choices=(Choice(text="Hello", finish_reason="stop"),))

WHOLE = json.dumps(
    {
        "id": "c",
        "model": "m",
        "choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }
).encode()
ERROR_BODY = b'{"error":{"type":"invalid_request_error","message":"m"}}'


def read(
    chunks: Iterable[bytes],
    *,
    dialect: Dialect = CHAT,
    content_type: str | None = SSE,
    coding: str | None = None,
    status: int = 200,
    transport: str | None = None,
    **limits: Any,
) -> Reading:
    reader = reader_for(dialect, content_type, coding, status, ReadingLimits(**limits))
    for number, chunk in enumerate(chunks):
        reader.feed(chunk, float(number))
    return reader.finish(transport)


def verdict(reading: Reading) -> tuple[Outcome, str | None]:
    return reading.outcome, reading.reason


@pytest.mark.parametrize(("content_type", "body"), [(SSE, STREAM), (JSON, WHOLE)])
@pytest.mark.parametrize(
    ("coding", "encode"), [(None, bytes), ("gzip", gzip.compress), ("deflate", zlib.compress), (None, gzip.compress)]
)
def test_an_answer_reads_the_same_streamed_or_whole_however_coded_and_cut(
    content_type: str, body: bytes, coding: str | None, encode: Callable[[bytes], bytes], cut: Cut
) -> None:
    reading = read(cut(encode(body)), content_type=content_type, coding=coding)

    assert verdict(reading) == (Outcome.OK, None)
    assert reading.streamed is (content_type == SSE)
    assert reading.answer == HELLO
    assert (reading.usage.source, reading.usage.input_tokens, reading.usage.output_tokens) == (
        UsageSource.REPORTED,
        3,
        2,
    )
    assert (reading.reported_model, reading.response_id, reading.fingerprint) == ("m", "c", None)
    assert (reading.error_type, reading.error_message) == (None, None)
    assert (reading.body, reading.body_truncated) == (body, False)


# ── times ──


def test_ct_34_the_first_content_is_the_first_chunk_with_some() -> None:
    reading = read([b": ping\n\n", ROLE, HEL, b": ping\n\n", LO, USAGE, DONE])
    assert (reading.first_content_s, reading.content_times) == (2.0, (2.0, 4.0))


def test_an_event_has_the_time_of_the_chunk_that_completes_it() -> None:
    assert read([ROLE + HEL[:20], HEL[20:-1], HEL[-1:] + LO, DONE]).content_times == (2.0,)


def test_a_compressed_stream_keeps_its_times() -> None:
    coder = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    chunks = [coder.compress(event) + coder.flush(zlib.Z_SYNC_FLUSH) for event in (ROLE, HEL, LO, DONE)]
    assert read([*chunks, coder.flush()], coding="gzip").content_times == (1.0, 2.0)


def test_a_whole_body_has_the_time_of_its_first_byte() -> None:
    reading = read([b"", WHOLE[:9], WHOLE[9:]], content_type=JSON)
    assert (reading.first_content_s, reading.content_times) == (1.0, (1.0,))


@pytest.mark.parametrize("body", [b'{"choices":[{"message":{"content":null}}]}', ERROR_BODY, b"nonsense", b""])
def test_a_whole_body_that_says_nothing_has_no_first_content(body: bytes) -> None:
    reading = read([body], content_type=JSON)
    assert (reading.first_content_s, reading.content_times) == (None, ())


# ── the table of outcomes ──


@pytest.mark.parametrize(
    ("chunks", "options", "expected"),
    [
        pytest.param([ROLE, ERROR_EVENT], {}, (Outcome.STREAM_ERROR, "in_stream_error"), id="1 CT-13"),
        pytest.param(
            [HEL, ERROR_EVENT], {"transport": "reset"}, (Outcome.STREAM_ERROR, "in_stream_error"), id="1 over 4"
        ),
        pytest.param([ERROR_BODY], {"content_type": JSON}, (Outcome.STREAM_ERROR, "error_in_body"), id="1 body"),
        pytest.param([ERROR_BODY], {"content_type": JSON, "status": 429}, (Outcome.HTTP_ERROR, "status_429"), id="2"),
        pytest.param(
            [ERROR_BODY], {"status": 500, "transport": "reset"}, (Outcome.HTTP_ERROR, "status_500"), id="2 over 4"
        ),
        pytest.param([], {"content_type": None, "status": 529}, (Outcome.HTTP_ERROR, "status_529"), id="2 CT-54 empty"),
        pytest.param([STREAM], {"status": 503}, (Outcome.HTTP_ERROR, "status_503"), id="2 whatever the body"),
        pytest.param(
            [STREAM], {"transport": "client_cancelled"}, (Outcome.OK, None), id="3 the SDK hung up at the end mark"
        ),
        pytest.param([STREAM], {"transport": "truncated"}, (Outcome.OK, None), id="3 over 4"),
        pytest.param(
            [ROLE, HEL], {"transport": "client_cancelled"}, (Outcome.CLIENT_CANCELLED, "client_cancelled"), id="4"
        ),
        pytest.param([HEL], {"transport": "timed_out_idle"}, (Outcome.TIMED_OUT, "timed_out_idle"), id="4 timed out"),
        pytest.param([HEL], {"transport": "reset"}, (Outcome.TRUNCATED, "reset"), id="4 reset"),
        pytest.param(
            [HEL], {"transport": "production_reset"}, (Outcome.TRUNCATED, "production_reset"), id="4 production"
        ),
        pytest.param(
            [WHOLE[:20]],
            {"content_type": JSON, "transport": "truncated"},
            (Outcome.TRUNCATED, "truncated"),
            id="4 body",
        ),
        pytest.param([STREAM], {"coding": "zzz"}, (Outcome.UNPARSED, "content_unknown_coding"), id="5 CT-41"),
        pytest.param([STREAM], {"coding": "gzip"}, (Outcome.UNPARSED, "content_corrupt"), id="5 corrupt"),
        pytest.param(
            [gzip.compress(WHOLE)[:-9]],
            {"coding": "gzip", "content_type": JSON},
            (Outcome.TRUNCATED, "content_cut"),
            id="5 cut",
        ),
        pytest.param([gzip.compress(STREAM)[:-2]], {"coding": "gzip"}, (Outcome.OK, None), id="3 over 5"),
        pytest.param([HEL, b"data: {}{}\n\n", DONE], {}, (Outcome.UNPARSED, "event_not_json"), id="6 CT-16"),
        pytest.param([WHOLE + b"}"], {"content_type": JSON}, (Outcome.UNPARSED, "not_json"), id="6 body"),
        pytest.param([b" \n"], {"content_type": JSON}, (Outcome.UNPARSED, "empty_body"), id="6 empty"),
        pytest.param([WHOLE], {}, (Outcome.UNPARSED, "not_an_event_stream"), id="6 JSON declared as a stream"),
        pytest.param(
            [b"<html>"], {"status": 302, "content_type": "text/html"}, (Outcome.UNPARSED, "status_302"), id="6 redirect"
        ),
        pytest.param([ROLE, HEL, LO], {}, (Outcome.TRUNCATED, "no_end_mark"), id="7 CT-12"),
        pytest.param([b": ping\n\n"], {}, (Outcome.TRUNCATED, "no_end_mark"), id="7 nothing but pings"),
        pytest.param([], {}, (Outcome.TRUNCATED, "no_end_mark"), id="7 nothing at all"),
        pytest.param([HEL, DONE[:-1]], {}, (Outcome.OK, None), id="CT-10 end mark without blank line"),
        pytest.param([HEL, DONE[:-8]], {}, (Outcome.TRUNCATED, "no_end_mark"), id="CT-10 half an end mark"),
    ],
)
def test_the_outcome_follows_the_table(chunks: list[bytes], options: Any, expected: tuple[Outcome, str | None]) -> None:
    assert verdict(read(chunks, **options)) == expected


def test_the_answer_so_far_of_a_broken_stream_is_kept_and_an_unparsed_one_is_not() -> None:
    assert read([HEL], transport="reset").answer == Answer(choices=(Choice(text="Hel"),))
    assert read([HEL, b"data: {}{}\n\n", DONE]).answer is None


def test_ct_28_an_interrupted_stream_has_no_usage() -> None:
    assert read([ROLE, HEL], transport="reset").usage == NO_USAGE


def test_ct_18_the_content_type_decides_and_not_what_was_asked_for() -> None:
    reading = read([ERROR_BODY], content_type=JSON, status=400)
    assert (reading.streamed, reading.error_type, reading.error_message) == (False, "invalid_request_error", "m")


@pytest.mark.parametrize("content_type", [None, "", "text/plain; charset=utf-8", "application/octet-stream"])
def test_a_body_of_no_telling_type_is_a_stream_if_it_begins_like_one(content_type: str | None, cut: Cut) -> None:
    streamed = read(cut(b": hello\n\n" + STREAM), content_type=content_type)
    whole = read(cut(WHOLE), content_type=content_type)
    assert (streamed.streamed, streamed.answer) == (True, HELLO)
    assert (whole.streamed, whole.answer) == (False, HELLO)


def test_a_short_body_of_no_telling_type_is_decided_at_its_end(cut: Cut) -> None:
    assert verdict(read(cut(b"data: [DONE]\n\n"), content_type=None)) == (Outcome.OK, None)
    assert verdict(read(cut(b"{}"), content_type=None)) == (Outcome.UNPARSED, "no_choices")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (Outcome.OK, None)),
        ({"coding": "zzz"}, (Outcome.OK, None)),
        ({"status": 302}, (Outcome.OK, None)),
        ({"status": 404}, (Outcome.HTTP_ERROR, "status_404")),
        ({"transport": "truncated"}, (Outcome.TRUNCATED, "truncated")),
    ],
)
@pytest.mark.parametrize("content_type", [SSE, JSON, "video/mp4", None])
def test_a_dialect_we_do_not_parse_has_its_outcome_by_status_and_transport(
    content_type: str | None, options: Any, expected: tuple[Outcome, str | None]
) -> None:
    reading = read([b"anything at all, long enough"], dialect=UNKNOWN, content_type=content_type, **options)
    assert verdict(reading) == expected
    assert (reading.answer, reading.usage, reading.first_content_s) == (None, NO_USAGE, None)


def test_anthropic_streams_are_read_by_their_own_reader(cut: Cut) -> None:
    events = [
        ("message_start", {"message": {"id": "msg", "model": "m", "content": [], "usage": {"input_tokens": 3}}}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
        ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Hello"}}),
        ("message_delta", {"delta": {"stop_reason": "stop"}, "usage": {"output_tokens": 2}}),
        ("message_stop", {}),
    ]
    body = b"".join(f"event: {k}\r\ndata: {json.dumps({'type': k} | v)}\r\n\r\n".encode() for k, v in events)
    reading = read(cut(body), dialect=MESSAGES)
    assert (verdict(reading), reading.answer) == ((Outcome.OK, None), HELLO)


# ── bounds ──


def test_a_stream_longer_than_what_is_kept_is_read_to_its_end(cut: Cut) -> None:
    reading = read(cut(STREAM), body_bytes=100)
    assert (verdict(reading), reading.answer) == ((Outcome.OK, None), HELLO)
    assert (reading.body, reading.body_truncated) == (STREAM[:100], True)


def test_a_whole_body_longer_than_what_is_kept_is_not_parsed(cut: Cut) -> None:
    reading = read(cut(WHOLE), content_type=JSON, body_bytes=100)
    assert verdict(reading) == (Outcome.UNPARSED, "body_over_bound")
    assert (reading.body, reading.body_truncated) == (WHOLE[:100], True)


def test_a_bomb_is_not_unpacked(cut: Cut) -> None:
    reading = read(cut(gzip.compress(WHOLE + b" " * 100_000)), content_type=JSON, coding="gzip", decoded_bytes=1000)
    assert verdict(reading) == (Outcome.UNPARSED, "content_over_bound")
    assert (len(reading.body), reading.body_truncated) == (1000, True)


def test_ct_15_an_oversize_event_is_said(cut: Cut) -> None:
    big = b'data: {"choices":[{"index":0,"delta":{"content":"' + b"x" * 500 + b'"}}]}\n\n'
    assert verdict(read(cut(HEL + big + DONE), event_bytes=200)) == (Outcome.UNPARSED, "oversize_event")


# ── transport ──


@pytest.mark.parametrize(
    ("reason", "head_seen", "outcome"),
    [
        ("not_sent:stale", False, Outcome.NOT_SENT),
        ("client_cancelled", False, Outcome.CLIENT_CANCELLED),
        ("timed_out_first_byte", False, Outcome.TIMED_OUT),
        ("timed_out_connect", False, Outcome.TIMED_OUT),
        ("refused", False, Outcome.UNREACHABLE),
        ("production_unreachable", False, Outcome.UNREACHABLE),
        ("reset", False, Outcome.UNREACHABLE),
        ("reset", True, Outcome.TRUNCATED),
        ("overflow", True, Outcome.TRUNCATED),
        ("shutdown", True, Outcome.TRUNCATED),
    ],
)
def test_what_the_transport_says_alone(reason: str, head_seen: bool, outcome: Outcome) -> None:
    assert outcome_of_transport(reason, head_seen=head_seen) is outcome


# ── the quick way for whole answers ──

ODD = st.sampled_from(
    [None, "", "stop", "\ud83d", "é", 0, 1, -1, True, 2.0, [], {}, ["x"], {"text": "x"}, [{"text": "p"}]]
)
CALL = {"id": "c1", "function": {"name": "f", "arguments": "{}"}}
MESSAGES_SAID = st.fixed_dictionaries(
    {},
    optional={
        "role": st.just("assistant"),
        "content": st.sampled_from(["Hello", "Grüße", ""]) | ODD,
        "refusal": st.sampled_from([None, "", "no"]) | ODD,
        "reasoning": ODD,
        "reasoning_content": st.sampled_from([None, "hm"]),
        "tool_calls": st.sampled_from([None, [], [CALL], [CALL, CALL]]) | ODD,
        "function_call": st.sampled_from([None, {"name": "f", "arguments": "{}"}]),
        "audio": st.sampled_from([None, {"transcript": "said"}]),
        "annotations": st.just([]),
    },
)
CHOICES = st.fixed_dictionaries(
    {}, optional={"index": ODD, "finish_reason": ODD, "message": MESSAGES_SAID | ODD, "text": ODD}
)
USAGES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("prompt_tokens", "completion_tokens", "prompt_cache_hit_tokens"), ODD)
    | {"prompt_tokens_details": st.sampled_from([None, {"cached_tokens": 4}, {"cached_tokens": "x"}])},
)
ANSWERS = st.fixed_dictionaries(
    {"choices": st.lists(CHOICES | ODD, max_size=2) | ODD},
    optional=dict.fromkeys(("id", "model", "system_fingerprint", "error", "object"), ODD) | {"usage": USAGES | ODD},
)
BODIES = st.one_of(
    ANSWERS.map(lambda answer: json.dumps(answer).encode()),
    ODD.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"", b" ", WHOLE, STREAM, ERROR_BODY, gzip.compress(WHOLE), WHOLE[:-9], b"\xff", b"\x1f"]),
    st.binary(max_size=20),
)


@given(
    body=BODIES,
    dialect=st.sampled_from([*Dialect]) | st.just(CHAT),
    content_type=st.sampled_from([JSON, "Application/JSON; charset=utf-8", SSE, None, "", "text/plain", "text/html"]),
    coding=st.sampled_from([None, None, None, "gzip", "identity"]),
    status=st.sampled_from([200, 200, 200, 201, 302, 404, 500, 0]),
    limits=st.sampled_from([{}, {}, {"body_bytes": 100}, {"decoded_bytes": 100}]),
)
def test_the_quick_way_says_what_the_general_one_does(
    body: bytes, dialect: Dialect, content_type: str | None, coding: str | None, status: int, limits: dict[str, int]
) -> None:
    quick = read_plain(dialect, content_type, coding, status, body, 0.0, ReadingLimits(**limits))
    slow = read([body], dialect=dialect, content_type=content_type, coding=coding, status=status, **limits)
    assert quick is None or quick == slow


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8"])
def test_usual_answers_go_the_quick_way(content_type: str) -> None:
    reading = read_plain(CHAT, content_type, None, 200, WHOLE, 0.5)
    assert reading is not None and reading.answer == HELLO and reading.content_times == (0.5,)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/vnd.amazon.eventstream", bytes(range(256)) * 4),
        ("application/octet-stream", b"\x00\x01\x02data: {}\n\n" * 20),
        ("video/mp4", b"\x00\x00\x00\x18ftypmp42"),
        ("application/sdp", b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"),
    ],
)
def test_ct_20_binary_answers_are_kept_and_not_understood(content_type: str, body: bytes) -> None:
    reading = read([body[:7], body[7:]], content_type=content_type)
    assert reading.outcome is Outcome.UNPARSED and reading.answer is None and reading.body == body
    of_nobody = read([body], dialect=UNKNOWN, content_type=content_type)
    assert verdict(of_nobody) == (Outcome.OK, None) and of_nobody.answer is None and of_nobody.body == body


def test_ct_21_events_of_an_endpoint_that_is_not_read_are_measured_and_kept() -> None:
    events = [b'event: image_generation.partial_image\ndata: {"b64_json":"AAAA"}\n\n', b"data: [DONE]\n\n"]
    reading = read(events, dialect=UNKNOWN)
    assert verdict(reading) == (Outcome.OK, None)
    assert (reading.streamed, reading.answer, reading.body) == (True, None, b"".join(events))


@pytest.mark.parametrize("where", range(4))
def test_ct_14_pings_and_events_nobody_knows_change_nothing_wherever_they_stand(where: int) -> None:
    events = [
        b'event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":3}}}\n\n',
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"Hello"}}\n\n',
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
        b'"usage":{"output_tokens":2}}\n\n',
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ]
    odd = b'event: ping\ndata: {"type":"ping"}\n\nevent: from_the_future\ndata: {"type":"from_the_future","x":[1]}\n\n'
    plain = read(events, dialect=MESSAGES)
    found = read([*events[:where], odd, *events[where:]], dialect=MESSAGES)
    assert verdict(found) == verdict(plain) == (Outcome.OK, None)
    assert (found.answer, found.usage) == (plain.answer, plain.usage)


def test_a_stream_that_is_recognised_past_the_bound_is_read_all_the_same(cut: Cut) -> None:
    """What is kept of the first chunk is not all that the stream's reader has to see."""
    reading = read(cut(STREAM), content_type=None, body_bytes=20)
    assert verdict(reading) == (Outcome.OK, None)
    assert (reading.answer, reading.body, reading.body_truncated) == (HELLO, STREAM[:20], True)
