"""Anthropic messages as transcripts: events in, answers out. Case numbers are those of the conformance list."""

import json
from typing import Any

import pytest

from shadowbench.records import NO_USAGE, Answer, Choice, ToolCall, Usage, UsageSource
from shadowbench.wire.anthropic_messages import StreamReader, parse_body
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.sse import SseEvent

PING = SseEvent(b'{"type":"ping"}', "ping")
STOP = SseEvent(b'{"type":"message_stop"}', "message_stop")


def event(kind: str, **fields: Any) -> SseEvent:
    return SseEvent(json.dumps({"type": kind} | fields).encode(), kind)


def start(**message: Any) -> SseEvent:
    return event("message_start", message={"id": "msg_1", "model": "claude", "content": [], "usage": {}} | message)


def block(index: int, kind: str, **fields: Any) -> SseEvent:
    return event("content_block_start", index=index, content_block={"type": kind} | fields)


def delta(index: int, kind: str, **fields: Any) -> SseEvent:
    return event("content_block_delta", index=index, delta={"type": kind} | fields)


def end(reason: str | None = "end_turn", usage: Any = None, **fields: Any) -> SseEvent:
    return event("message_delta", delta={"stop_reason": reason} | fields, usage=usage or {})


def stream(*events: SseEvent) -> Parsed:
    reader = StreamReader()
    for one in events:
        reader.feed(one)
    return reader.finish()


def choice(*events: SseEvent) -> Choice:
    answer = stream(start(), *events).answer
    assert answer is not None
    return answer.first


def test_an_ordinary_stream() -> None:
    assert stream(
        PING,
        start(
            usage={
                "input_tokens": 10,
                "cache_creation_input_tokens": 5,
                "cache_read_input_tokens": 7,
                "output_tokens": 1,
            }
        ),
        block(0, "text", text=""),
        PING,
        delta(0, "text_delta", text="Hel"),
        delta(0, "text_delta", text="lo"),
        event("content_block_stop", index=0),
        event("something_new", data=1),
        end("end_turn", {"output_tokens": 12}),
        STOP,
    ) == Parsed(
        answer=Answer(choices=(Choice(text="Hello", finish_reason="end_turn"),)),
        usage=Usage(
            source=UsageSource.REPORTED,
            input_tokens=22,
            output_tokens=12,
            cached_input_tokens=7,
            cache_write_tokens=5,
        ),
        reported_model="claude",
        response_id="msg_1",
        ended=True,
    )


@pytest.mark.parametrize(
    ("last", "carried"),
    [
        (PING, False),
        (block(1, "text", text=""), False),
        (block(1, "text", text="a"), True),
        (block(1, "tool_use", name="f", input={}), False),
        (block(1, "tool_use", name="f", input={"x": 1}), True),
        (delta(0, "text_delta", text="a"), True),
        (delta(0, "text_delta", text=""), False),
        (delta(0, "citations_delta", citation={}), False),
        (delta(2, "thinking_delta", thinking="a"), True),
        (delta(2, "signature_delta", signature="a"), False),
        (delta(3, "input_json_delta", partial_json="{"), True),
        (delta(3, "input_json_delta", partial_json=""), False),
        (delta(9, "text_delta", text="to no block"), False),
        (end(), False),
        (STOP, False),
    ],
)
def test_ct_34_only_text_thinking_and_arguments_are_content(last: SseEvent, carried: bool) -> None:
    reader = StreamReader()
    for one in (start(), block(0, "text"), block(2, "thinking"), block(3, "tool_use")):
        assert reader.feed(one) is False
    assert reader.feed(last) is carried


# ── usage ──


def test_ct_30_later_counts_replace_earlier_ones() -> None:
    first = {"input_tokens": 0, "cache_read_input_tokens": 3, "output_tokens": 1}
    later = {"input_tokens": 20, "output_tokens": 12, "output_tokens_details": {"thinking_tokens": 5}}
    assert stream(start(usage=first), end(usage={"output_tokens": 4}), end(usage=later), STOP).usage == Usage(
        source=UsageSource.REPORTED, input_tokens=23, output_tokens=12, cached_input_tokens=3, reasoning_tokens=5
    )


def test_ct_28_the_output_count_of_a_stream_that_broke_off_is_not_known() -> None:
    usage = stream(start(usage={"input_tokens": 10, "output_tokens": 1}), block(0, "text", text="a")).usage
    assert (usage.input_tokens, usage.output_tokens) == (10, None)


def test_no_usage_is_missing_and_not_zero() -> None:
    assert stream(start(usage=None), end(), STOP).usage == NO_USAGE


# ── blocks ──


def test_ct_36_tool_input_comes_in_pieces_and_may_be_empty() -> None:
    read = choice(
        block(0, "tool_use", id="a", name="f", input={}),
        block(1, "tool_use", id="b", name="g", input={}),
        delta(0, "input_json_delta", partial_json=""),
        delta(0, "input_json_delta", partial_json='{"x": '),
        delta(0, "input_json_delta", partial_json="1}"),
        end("tool_use"),
    )
    assert read.tool_calls == (
        ToolCall(id="a", name="f", arguments='{"x": 1}'),
        ToolCall(id="b", name="g", arguments="{}"),
    )
    assert (read.text, read.finish_reason) == (None, "tool_use")


def test_tool_input_may_come_whole_at_the_start_of_its_block() -> None:
    assert choice(block(0, "tool_use", id="a", name="f", input={"x": 1})).tool_calls[0].arguments == '{"x":1}'


def test_ct_35_thinking_is_reasoning_and_signatures_are_nothing() -> None:
    read = choice(
        block(0, "thinking", thinking="", signature=""),
        delta(0, "thinking_delta", thinking="hm"),
        delta(0, "signature_delta", signature="xyz"),
        block(1, "redacted_thinking", data="xyz"),
        block(2, "text", text=""),
        delta(2, "text_delta", text="yes"),
    )
    assert (read.reasoning, read.text) == ("hm", "yes")


def test_server_tools_split_the_text_and_are_calls_of_their_own_kind() -> None:
    read = choice(
        block(0, "text", text="I look. "),
        block(1, "server_tool_use", id="s", name="web_search", input={}),
        delta(1, "input_json_delta", partial_json='{"query":"x"}'),
        block(2, "web_search_tool_result", tool_use_id="s", content=[]),
        block(3, "text", text="Found."),
    )
    assert read.text == "I look. Found."
    assert read.tool_calls == (ToolCall(id="s", name="web_search", arguments='{"query":"x"}', kind="server"),)


@pytest.mark.parametrize(
    ("details", "refusal"),
    [
        ({"explanation": "not this", "category": "bio"}, "not this"),
        ({"category": "bio"}, "bio"),
        (None, "I"),
    ],
)
def test_ct_36_a_stop_for_refusal_is_a_refusal(details: Any, refusal: str) -> None:
    read = choice(block(0, "text", text="I"), end("refusal", stop_details=details))
    assert (read.finish_reason, read.refusal, read.text) == ("refusal", refusal, "I")
    assert choice(end("refusal")).refusal == "refusal"


@pytest.mark.parametrize("reason", ["pause_turn", "max_tokens", "model_context_window_exceeded", "compaction"])
def test_ct_36_any_stop_reason_is_the_providers_own_word(reason: str) -> None:
    assert choice(end(reason)).finish_reason == reason


# ── ends and errors ──


def test_ct_12_without_message_stop_the_answer_is_not_ended() -> None:
    assert stream(start(), end()).ended is False


def test_a_message_stop_without_message_ends_nothing() -> None:
    assert stream(STOP) == Parsed()


def test_ct_10_a_message_stop_without_blank_line_counts() -> None:
    reader = StreamReader()
    reader.feed(start())
    reader.feed_unterminated(STOP)
    assert reader.finish().ended


def test_ct_13_an_error_event_ends_the_stream() -> None:
    error = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    parsed = stream(start(), block(0, "text", text="a"), error, delta(0, "text_delta", text="b"), STOP)
    assert (parsed.error, parsed.ended) == (ProviderError(type="overloaded_error", message="Overloaded"), False)
    assert parsed.answer == Answer(choices=(Choice(text="a"),))


def test_an_error_event_that_says_nothing_is_an_error() -> None:
    assert stream(start(), SseEvent(b"{}", "error")).error == ProviderError()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (SseEvent(b'{"type":"message_stop"}'), "event_without_name"),
        (SseEvent(b'{"type":"mess', "message_delta"), "event_not_json"),
        (SseEvent(b"{}{}", "message_delta"), "event_not_json"),
        (SseEvent(b"", oversize=True), "oversize_event"),
    ],
)
def test_ct_02_ct_16_an_event_that_no_client_would_read_is_said(bad: SseEvent, reason: str) -> None:
    assert stream(start(), bad, end(), STOP).malformed == reason


@pytest.mark.parametrize("rubbish", [None, 1, "x", [], {}, [None], True])
def test_rubbish_in_any_place_is_read_past(rubbish: Any) -> None:
    for name in ("content", "usage", "model", "id"):
        stream(start(**{name: rubbish}), STOP)
        parse_body(json.dumps({"content": [], name: rubbish}).encode())
    for kind in ("message_start", "content_block_start", "content_block_delta", "message_delta"):
        for name in ("message", "index", "content_block", "delta", "usage"):
            stream(start(), block(0, "text"), event(kind, **{name: rubbish}))
    choice(block(0, "text", text=rubbish), block(1, "tool_use", name=rubbish, id=rubbish, input=rubbish), end(rubbish))
    parse_body(json.dumps({"content": [rubbish, {"type": rubbish}]}).encode())


# ── whole bodies ──


def test_a_whole_answer() -> None:
    body = {
        "id": "msg_1",
        "type": "message",
        "model": "claude",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "x"},
            {"type": "text", "text": "Hi"},
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": [1, 2.5]}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 3, "output_tokens": 4},
    }
    assert parse_body(json.dumps(body).encode()) == Parsed(
        answer=Answer(
            choices=(
                Choice(
                    text="Hi",
                    reasoning="hm",
                    tool_calls=(ToolCall(id="a", name="f", arguments='{"x":[1,2.5]}'),),
                    finish_reason="tool_use",
                ),
            )
        ),
        usage=Usage(source=UsageSource.REPORTED, input_tokens=3, output_tokens=4),
        reported_model="claude",
        response_id="msg_1",
        ended=True,
    )


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b"<html>", Parsed(malformed="not_json")),
        (b'{"choices":[]}', Parsed(malformed="no_content")),
        (
            b'{"type":"error","error":{"type":"api_error","message":"m"}}',
            Parsed(error=ProviderError(type="api_error", message="m")),
        ),
    ],
)
def test_a_whole_body_that_is_no_answer(body: bytes, parsed: Parsed) -> None:
    assert parse_body(body) == parsed
