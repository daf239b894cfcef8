"""Gemini as transcripts: events in, answers out. Case numbers are those of the conformance list."""

import json
from typing import Any

import pytest

from shadowbench.records import NO_USAGE, Answer, Choice, ToolCall, Usage, UsageSource
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.gemini import StreamReader, parse_body
from shadowbench.wire.sse import SseEvent


def chunk(*parts: Any, index: int | None = 0, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}}
    candidate |= {} if index is None else {"index": index}
    candidate |= {"finishReason": finish} if finish else {}
    return {"candidates": [candidate], "modelVersion": "m", "responseId": "r"} | fields


def text(value: str, **fields: Any) -> dict[str, Any]:
    return {"text": value} | fields


def event(value: Any) -> SseEvent:
    return value if isinstance(value, SseEvent) else SseEvent(json.dumps(value).encode())


def stream(*values: Any) -> Parsed:
    reader = StreamReader()
    for value in values:
        reader.feed(event(value))
    return reader.finish()


def choice(*values: Any) -> Choice:
    answer = stream(*values).answer
    assert answer is not None
    return answer.first


def usage(**counts: int) -> Usage:
    return stream(chunk(text("a"), usageMetadata=counts)).usage


USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 14}
HELLO = Parsed(
    answer=Answer(choices=(Choice(text="Hello", finish_reason="STOP"),)),
    usage=Usage(source=UsageSource.REPORTED, input_tokens=9, output_tokens=5, reasoning_tokens=3),
    reported_model="m",
    response_id="r",
    ended=True,
)


def test_an_ordinary_stream_reads_like_the_whole_answer() -> None:
    early = {"promptTokenCount": 9, "candidatesTokenCount": 1}
    assert (
        stream(chunk(text("Hel"), usageMetadata=early), chunk(text("lo"), finish="STOP", usageMetadata=USAGE)) == HELLO
    )
    assert parse_body(json.dumps(chunk(text("Hello"), finish="STOP", usageMetadata=USAGE)).encode()) == HELLO


@pytest.mark.parametrize(
    ("value", "carried"),
    [
        (chunk(text("a")), True),
        (chunk(text("a", thought=True)), True),
        (chunk(text("")), False),
        (chunk({"functionCall": {"name": "f"}}), True),
        (chunk({"executableCode": {"code": "1"}}), True),
        (chunk({"thoughtSignature": "xx"}), False),
        (chunk({"inlineData": {"data": "AAAA"}}), False),
        (chunk(), False),
        ({"usageMetadata": USAGE}, False),
    ],
)
def test_ct_34_only_text_thoughts_and_calls_are_content(value: Any, carried: bool) -> None:
    assert StreamReader().feed(event(value)) is carried


def test_ct_35_thoughts_are_reasoning() -> None:
    assert choice(chunk(text("so", thought=True)), chunk(text("a"))) == Choice(text="a", reasoning="so")


def test_calls_come_whole() -> None:
    calls = [{"functionCall": {"name": "f", "args": {"a": 1}, "id": "c"}}, {"functionCall": {"name": "g"}}]
    code = {"executableCode": {"language": "PYTHON", "code": "print(1)"}}
    assert choice(chunk(*calls, code)).tool_calls == (
        ToolCall(name="f", arguments='{"a":1}', id="c"),
        ToolCall(name="g", arguments="{}"),
        ToolCall(name="code_execution", arguments="print(1)", kind="server"),
    )


def test_ct_33_candidates_come_interleaved_and_the_first_has_no_index() -> None:
    answer = stream(
        chunk(text("c"), index=1), chunk(text("a"), index=None, finish="STOP"), chunk(text("d"), index=1)
    ).answer
    assert answer == Answer(choices=(Choice(text="a", finish_reason="STOP"), Choice(index=1, text="cd")))


# ── usage ──


def test_thoughts_are_written_and_results_of_its_tools_are_read() -> None:
    told = usage(
        promptTokenCount=9,
        toolUsePromptTokenCount=4,
        candidatesTokenCount=2,
        thoughtsTokenCount=3,
        cachedContentTokenCount=5,
        totalTokenCount=18,
    )
    assert told == Usage(
        source=UsageSource.REPORTED, input_tokens=13, output_tokens=5, cached_input_tokens=5, reasoning_tokens=3
    )


def test_what_was_written_is_zero_only_when_the_total_says_so() -> None:
    assert usage(promptTokenCount=9, totalTokenCount=9).output_tokens == 0
    assert usage(promptTokenCount=9).output_tokens is None
    assert usage(promptTokenCount=9, thoughtsTokenCount=3).output_tokens == 3
    assert usage() == NO_USAGE


def test_ct_26_of_several_usages_the_last_counts() -> None:
    assert (
        stream(*[chunk(text("a"), usageMetadata={"candidatesTokenCount": n}) for n in (1, 2)]).usage.output_tokens == 2
    )


# ── ends ──


def test_ct_12_without_a_finish_reason_it_has_not_ended() -> None:
    assert stream(chunk(text("a"))).ended is False
    assert stream({"usageMetadata": USAGE}).ended is False
    assert stream(chunk(text("a"), finish="STOP"), chunk(text("b"), index=1)).ended is False


@pytest.mark.parametrize("reason", ["MAX_TOKENS", "SAFETY", "RECITATION", "MALFORMED_FUNCTION_CALL"])
def test_ct_38_any_finish_reason_is_an_end(reason: str) -> None:
    ended = stream(chunk(text("a")), chunk(finish=reason))
    assert (ended.ended, ended.answer) == (True, Answer(choices=(Choice(text="a", finish_reason=reason),)))


def test_a_blocked_prompt_is_a_refusal() -> None:
    told = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}}
    expected = Answer(choices=(Choice(refusal="SAFETY", finish_reason="SAFETY"),))
    for parsed in (stream(told), parse_body(json.dumps(told).encode())):
        assert (parsed.answer, parsed.ended, parsed.malformed) == (expected, True, None)
    told["promptFeedback"]["blockReasonMessage"] = "No."  # type: ignore[index]
    assert choice(told).refusal == "No."


def test_feedback_without_a_block_is_none() -> None:
    assert choice(chunk(text("a"), promptFeedback={"safetyRatings": []})) == Choice(text="a")


def test_ct_10_a_last_event_without_its_blank_line_counts_when_it_is_whole() -> None:
    reader = StreamReader()
    reader.feed_unterminated(event(chunk(text("Hello"), finish="STOP", usageMetadata=USAGE)))
    assert reader.finish() == HELLO
    cut = StreamReader()
    cut.feed_unterminated(SseEvent(b'{"candidates":['))
    assert cut.finish() == Parsed()


# ── errors ──


ERROR = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}


def test_ct_13_an_error_in_the_stream() -> None:
    failed = stream(chunk(text("a")), ERROR, chunk(text("b")))
    assert failed.error is not None
    assert failed.error.message == "overloaded"
    assert failed.answer == Answer(choices=(Choice(text="a"),))
    assert parse_body(json.dumps(ERROR).encode()).error == failed.error


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (SseEvent(b"{}{}"), "event_not_json"),
        (SseEvent(b"\xff"), "event_not_json"),
        (SseEvent(b"[]"), "event_not_an_object"),
        (SseEvent(b"", oversize=True), "oversize_event"),
    ],
)
def test_ct_16_events_that_are_none_make_the_stream_malformed(bad: SseEvent, reason: str) -> None:
    assert stream(chunk(text("a")), bad, chunk(finish="STOP")).malformed == reason


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b"x", Parsed(malformed="not_json")),
        (b"{}", Parsed(malformed="no_candidates")),
        (b"[]", Parsed(malformed="no_candidates")),
        (b'{"error":{"message":"m","status":"S"}}', Parsed(error=ProviderError(type="S", message="m"))),
    ],
)
def test_bodies_that_are_no_answer_say_why(body: bytes, parsed: Parsed) -> None:
    assert parse_body(body) == parsed


@pytest.mark.parametrize("rubbish", [None, 1, -1, True, "x", [], {}, [None], [[1]], 1.5])
def test_rubbish_in_any_place_is_read_past(rubbish: Any) -> None:
    for name in ("candidates", "modelVersion", "responseId", "usageMetadata", "promptFeedback", "error"):
        stream(chunk(text("a")) | {name: rubbish})
        parse_body(json.dumps(chunk(text("a")) | {name: rubbish}).encode())
    for name in ("content", "finishReason", "index"):
        stream({"candidates": [rubbish, {"content": {"parts": [text("a")]}} | {name: rubbish}]})
    stream(
        chunk(rubbish, {"functionCall": rubbish}, {"executableCode": rubbish}, {"text": rubbish, "thought": rubbish})
    )
    stream(
        chunk(
            {"functionCall": {"name": rubbish, "args": rubbish, "id": rubbish}}, {"executableCode": {"code": rubbish}}
        )
    )
