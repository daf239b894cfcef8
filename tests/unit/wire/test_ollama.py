"""Ollama's API as transcripts: lines in, answers out. Case numbers are those of the conformance list."""

import json
from typing import Any

import pytest

from shadowbench.records import NO_USAGE, Answer, Choice, Embeddings, ToolCall, Usage, UsageSource
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.ollama import StreamReader, parse_body, parse_embed_body, vectors_of
from shadowbench.wire.sse import SseEvent

COUNTERS = {"done": True, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 2, "total_duration": 12345}


def chat(**message: Any) -> dict[str, Any]:
    return {"model": "m", "created_at": "t", "message": {"role": "assistant"} | message, "done": False}


def generate(response: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "m", "created_at": "t", "response": response, "done": False} | fields


def line(value: Any) -> SseEvent:
    return value if isinstance(value, SseEvent) else SseEvent(json.dumps(value).encode())


def stream(*values: Any) -> Parsed:
    reader = StreamReader()
    for value in values:
        reader.feed(line(value))
    return reader.finish()


def choice(*values: Any) -> Choice:
    answer = stream(*values).answer
    assert answer is not None
    return answer.first


HELLO = Parsed(
    answer=Answer(choices=(Choice(text="Hello", finish_reason="stop"),)),
    usage=Usage(source=UsageSource.REPORTED, input_tokens=9, output_tokens=2),
    reported_model="m",
    ended=True,
)


def test_ct_19_a_chat_stream_ends_with_its_counters_and_reads_like_the_whole_answer() -> None:
    assert stream(chat(content="Hel"), chat(content="lo"), chat(content="") | COUNTERS) == HELLO
    assert parse_body(json.dumps(chat(content="Hello") | COUNTERS).encode()) == HELLO


def test_ct_19_so_does_one_of_generate() -> None:
    assert stream(generate("Hel"), generate("lo"), generate("", context=[1, 2]) | COUNTERS) == HELLO
    assert parse_body(json.dumps(generate("Hello") | COUNTERS).encode()) == HELLO


@pytest.mark.parametrize(
    ("value", "carried"),
    [
        (chat(content=""), False),
        (chat(content="a"), True),
        (chat(content="", thinking="a"), True),
        (chat(content="", thinking=""), False),
        (chat(content="", tool_calls=[{"function": {"name": "f"}}]), True),
        (generate("a"), True),
        (generate("", thinking="a"), True),
        (generate(""), False),
        (generate(None), False),
        (COUNTERS, False),
    ],
)
def test_ct_34_only_text_thinking_and_calls_are_content(value: Any, carried: bool) -> None:
    assert StreamReader().feed(line(value)) is carried


def test_ct_35_thinking_is_reasoning() -> None:
    assert choice(chat(content="", thinking="so"), chat(content="a")) == Choice(text="a", reasoning="so")
    assert choice(generate("", thinking="so"), generate("a")) == Choice(text="a", reasoning="so")


def test_tool_calls_come_whole_over_several_lines() -> None:
    calls = [{"id": "c1", "function": {"name": "f", "arguments": {"a": 1}}}, {"function": {"name": "g"}}]
    assert choice(*[chat(content="", tool_calls=[call]) for call in calls]).tool_calls == (
        ToolCall(name="f", arguments='{"a":1}', id="c1"),
        ToolCall(name="g", arguments="{}"),
    )


def test_a_prompt_that_was_cached_whole_has_no_count_and_not_zero() -> None:
    usage = stream(chat(content="a"), {"done": True, "eval_count": 2}).usage
    assert (usage.input_tokens, usage.output_tokens) == (None, 2)


def test_ct_12_without_the_last_line_it_has_not_ended_and_ct_28_has_no_usage() -> None:
    broken = stream(chat(content="a"))
    assert (broken.ended, broken.usage, broken.answer) == (False, NO_USAGE, Answer(choices=(Choice(text="a"),)))


def test_after_the_last_line_nothing_counts() -> None:
    assert stream(chat(content="Hello") | COUNTERS, chat(content="more"), SseEvent(b"nonsense")) == HELLO


def test_ct_10_a_last_line_without_its_end_counts_when_it_is_whole() -> None:
    reader = StreamReader()
    reader.feed_unterminated(line(chat(content="Hello") | COUNTERS))
    assert reader.finish() == HELLO
    cut = StreamReader()
    cut.feed(line(chat(content="a")))
    cut.feed_unterminated(SseEvent(b'{"message":{"content":"b'))
    assert cut.finish() == stream(chat(content="a"))


@pytest.mark.parametrize("error", [{"error": "out of memory"}, {"StatusCode": 500, "error": "out of memory"}])
def test_ct_13_an_error_in_the_place_of_a_line(error: Any) -> None:
    failed = stream(chat(content="a"), error, chat(content="b"))
    assert (failed.error, failed.answer) == (
        ProviderError(message="out of memory"),
        Answer(choices=(Choice(text="a"),)),
    )
    assert parse_body(json.dumps(error).encode()).error == ProviderError(message="out of memory")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (SseEvent(b'{"done":false}{"done":false}'), "event_not_json"),
        (SseEvent(b"\xff"), "event_not_json"),
        (SseEvent(b"[]"), "event_not_an_object"),
        (SseEvent(b"", oversize=True), "oversize_event"),
    ],
)
def test_ct_16_lines_that_are_none_make_the_stream_malformed(bad: SseEvent, reason: str) -> None:
    assert stream(chat(content="a"), bad, COUNTERS).malformed == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"x", "not_json"), (b"{}", "no_message"), (b'{"message":"a"}', "no_message"), (b'{"response":1}', "no_message")],
)
def test_bodies_that_are_no_answer_say_why(body: bytes, reason: str) -> None:
    assert parse_body(body).malformed == reason


def test_a_whole_body_that_says_it_is_not_done_has_no_end() -> None:
    assert parse_body(json.dumps(chat(content="a")).encode()).ended is False


# ── embed ──


def test_an_answer_of_embed_has_its_shape_and_its_vectors() -> None:
    body = json.dumps({"model": "m", "embeddings": [[0.5, 1], [2, 3]], "prompt_eval_count": 8}).encode()
    assert parse_embed_body(body) == Parsed(
        answer=Answer(choices=(), embeddings=Embeddings(count=2, dimensions=2)),
        usage=Usage(source=UsageSource.REPORTED, input_tokens=8),
        reported_model="m",
        ended=True,
    )
    assert vectors_of(body) == [[0.5, 1.0], [2.0, 3.0]]


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b"x", Parsed(malformed="not_json")),
        (b"{}", Parsed(malformed="no_embeddings")),
        (b'{"error":"no model"}', Parsed(error=ProviderError(message="no model"))),
    ],
)
def test_bodies_that_are_no_embeddings_say_why(body: bytes, parsed: Parsed) -> None:
    assert parse_embed_body(body) == parsed
    assert vectors_of(body) is None


def test_one_vector_that_cannot_be_read_spoils_them() -> None:
    assert vectors_of(b'{"embeddings":[[1],["x"]]}') is None


@pytest.mark.parametrize("rubbish", [None, 1, -1, True, "x", [], {}, [None], [[1]], 1.5])
def test_rubbish_in_any_place_is_read_past(rubbish: Any) -> None:
    for name in ("model", "message", "response", "done", "done_reason", "eval_count", "prompt_eval_count", "error"):
        for value in (chat(content="a") | COUNTERS, generate("a") | COUNTERS):
            stream(value | {name: rubbish})
            parse_body(json.dumps(value | {name: rubbish}).encode())
    for name in ("content", "thinking", "tool_calls"):
        stream(chat(**{name: rubbish}))
    stream(chat(tool_calls=[rubbish, {"function": rubbish}, {"function": {"name": rubbish, "arguments": rubbish}}]))
    for name in ("model", "embeddings", "prompt_eval_count"):
        parse_embed_body(json.dumps({"embeddings": [rubbish], name: rubbish}).encode())
