"""CT-03 to CT-39 for shadowbench's readers: what they make of answers, however those are cut. In this process, without a proxy.

Every stream is read whole, byte by byte, and in random pieces (of a fixed seed), and must mean the same each time.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterable
from typing import Any

import brotli
import zstandard

from shadowbench.records import Choice, Dialect, Outcome, ToolCall, UsageSource
from shadowbench.wire.reading import Reading, ReadingLimits, reader_for
from shadowbench.wire.sse import SseDecoder, SseEvent
from tests.conformance.judging import Kind, Section, expect, same

SECTION = Section()
PARSER = Kind.PARSER

CHAT, RESPONSES, CLAUDE = Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES
OLLAMA = Dialect.OLLAMA_CHAT
SSE, JSON, LINES = "text/event-stream", "application/json", "application/x-ndjson"
DONE = b"data: [DONE]\n\n"


# ── reading, in every cut ──


def cuts(data: bytes) -> Iterable[list[bytes]]:
    """All at once, byte by byte, and eight times at random."""
    yield [data]
    yield [data[at : at + 1] for at in range(len(data))]
    chance = random.Random(len(data))
    for _ in range(8):
        pieces, at = [], 0
        while at < len(data):
            size = chance.randint(1, 40)
            pieces.append(data[at : at + size])
            at += size
        yield pieces


def read(
    data: bytes,
    dialect: Dialect = CHAT,
    kind: str | None = SSE,
    coding: str | None = None,
    *,
    status: int = 200,
    ended: str | None = None,
    limits: ReadingLimits | None = None,
) -> Reading:
    """What a response means, which must not depend on how it was cut."""
    readings = []
    for pieces in cuts(data):
        reader = reader_for(dialect, kind, coding, status, limits or ReadingLimits())
        for piece in pieces:
            reader.feed(piece, 1.0)
        readings.append(reader.finish(ended))
    for reading in readings[1:]:
        same(reading._replace(content_times=()), readings[0]._replace(content_times=()), "what it means, cut otherwise")
    return readings[0]


def sse(*values: Any) -> bytes:
    """Events of OpenAI's kind, without the end mark."""
    return b"".join(b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n" for value in values)


def named(*values: dict[str, Any]) -> bytes:
    """Events named by their types, as Anthropic and Responses send them."""
    return b"".join(b"event: %b\n" % value["type"].encode() + sse(value) for value in values)


def delta(index: int = 0, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": fields, "finish_reason": finish}]}


def first(reading: Reading) -> Choice:
    expect(reading.answer is not None, f"no answer was read: {reading.outcome} {reading.reason}")
    assert reading.answer is not None
    return reading.answer.first


def verdict(reading: Reading, outcome: Outcome, reason: str | None = None) -> None:
    same((str(reading.outcome), reading.reason), (str(outcome), reason), "outcome and reason")


def events(data: bytes) -> list[SseEvent]:
    """The events of a stream, which must not depend on how it was cut."""
    found = []
    for pieces in cuts(data):
        decoder = SseDecoder()
        found.append([event for piece in pieces for event in decoder.feed(piece)])
    for one in found[1:]:
        same(one, found[0], "events, cut otherwise")
    return found[0]


START = {"type": "message_start", "message": {"id": "msg_1", "model": "claude", "content": [], "usage": {}}}
STOP = {"type": "message_stop"}


def block(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind} | fields}


def grows(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind} | fields}


def ends(reason: str | None = "end_turn", **usage: int) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def claude(*values: dict[str, Any]) -> Reading:
    return read(named(*values), CLAUDE)


def on(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 0} | fields


def response(status: str, *output: Any, **fields: Any) -> dict[str, Any]:
    return {"id": "resp_1", "model": "m", "status": status, "output": list(output)} | fields


# ── framing ──


@SECTION.check(2, PARSER)
def named_events_are_read_and_unnamed_ones_are_said() -> None:
    hello = (START, block(0, "text", text=""), grows(0, "text_delta", text="Hi"), ends(), STOP)
    same(first(claude(*hello)).text, "Hi", "text")
    verdict(read(sse(*hello), CLAUDE), Outcome.UNPARSED, "event_without_name")


@SECTION.check(3, PARSER)
def characters_survive_any_cut() -> None:
    text = "a😀ž漢\u200d🇱🇻"
    reading = read(sse(delta(content=text)) + DONE)
    same(first(reading).text, text, "text")


@SECTION.check(4, PARSER)
def line_ends_of_each_kind() -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        stream = b"event: a\ndata: 1\ndata: 2\n\ndata: 3\n\n".replace(b"\n", end)
        same(events(stream), [SseEvent(b"1\n2", "a"), SseEvent(b"3")], f"events that end with {end!r}")


@SECTION.check(5, PARSER)
def no_space_after_the_colon() -> None:
    same([event.data for event in events(b"data:x\n\ndata: y\n\ndata:  z\n\n")], [b"x", b"y", b" z"], "data")


@SECTION.check(6, PARSER)
def data_lines_are_joined() -> None:
    same([event.data for event in events(b"data: a\ndata\ndata: b\n\n")], [b"a\n\nb"], "data")


@SECTION.check(7, PARSER)
def comments_are_no_events() -> None:
    same([event.data for event in events(b": ping\n\n:\n\ndata: a\n: b\n\n: c\n\n")], [b"a"], "data")


@SECTION.check(8, PARSER)
def ids_and_retries() -> None:
    got = events(b"id: 7\nretry: 3000\ndata: a\n\nid: x\0y\nretry: soon\ndata: b\n\n")
    same(got, [SseEvent(b"a", None, "7", 3000), SseEvent(b"b", None, "7")], "events")


@SECTION.check(9, PARSER)
def a_byte_order_mark_is_no_data() -> None:
    same(
        [event.data for event in events(b"\xef\xbb\xbfdata: a\n\ndata: \xef\xbb\xbfb\n\n")],
        [b"a", b"\xef\xbb\xbfb"],
        "data",
    )


@SECTION.check(10, PARSER)
def a_last_event_without_its_end() -> None:
    same([event.data for event in events(b"data: a\n\ndata: b\n")], [b"a"], "events that are dispatched")
    reading = read(sse(delta(content="a")) + sse(delta(content="b"))[:-1])
    verdict(reading, Outcome.TRUNCATED, "no_end_mark")
    same(first(reading).text, "a", "text")


@SECTION.check(11, PARSER)
def end_marks_of_each_dialect() -> None:
    for mark in (b"data: [DONE]\n\n", b"data:[DONE] \n\n", b"event: done\ndata: [DONE]\n\n"):
        verdict(read(sse(delta(content="a", finish="stop")) + mark), Outcome.OK)
    for last in ("completed", "incomplete"):
        verdict(read(named(on(last, response=response(last))), RESPONSES), Outcome.OK)
    verdict(claude(START, ends(), STOP), Outcome.OK)


@SECTION.check(12, PARSER)
def without_an_end_mark_it_is_truncated() -> None:
    for stream, dialect, kind in (
        (sse(delta(content="a", finish="stop")), CHAT, SSE),
        (named(START, block(0, "text", text="a"), ends()), CLAUDE, SSE),
        (named(on("created", response=response("in_progress"))), RESPONSES, SSE),
        (b'{"model":"m","message":{"content":"a"},"done":false}\n', OLLAMA, LINES),
    ):
        verdict(read(stream, dialect, kind), Outcome.TRUNCATED, "no_end_mark")


@SECTION.check(13, PARSER)
def errors_within_a_200() -> None:
    error = {"type": "overloaded_error", "message": "m"}
    for stream, dialect, kind in (
        (sse(delta(content="a"), {"error": error}), CHAT, SSE),
        (named(START, {"type": "error", "error": error}), CLAUDE, SSE),
        (named({"type": "error", "code": "server_error", "message": "m"}), RESPONSES, SSE),
        (b'{"message":{"content":"a"},"done":false}\n{"error":"m"}\n', OLLAMA, LINES),
    ):
        reading = read(stream, dialect, kind)
        verdict(reading, Outcome.STREAM_ERROR, "in_stream_error")
        same(reading.error_message, "m", "the provider's words")


@SECTION.check(14, PARSER)
def pings_and_unknown_events_are_passed_over() -> None:
    ping, new = {"type": "ping"}, {"type": "invented_next_year", "x": 1}
    reading = claude(ping, START, ping, block(0, "text", text=""), new, grows(0, "text_delta", text="a"), ends(), STOP)
    verdict(reading, Outcome.OK)
    same(first(reading).text, "a", "text")
    verdict(read(named(on("invented", x=1), on("completed", response=response("completed"))), RESPONSES), Outcome.OK)


@SECTION.check(15, PARSER)
def what_is_over_the_bound_is_flagged() -> None:
    limits = ReadingLimits(event_bytes=1000, body_bytes=500)
    reader = reader_for(CHAT, SSE, None, 200, limits)
    for piece in (sse(delta(content="x" * 5000)), sse(delta(content="a")), DONE):
        reader.feed(piece, 1.0)
    reading = reader.finish(None)
    verdict(reading, Outcome.UNPARSED, "oversize_event")
    same((reading.body_truncated, len(reading.body)), (True, 500), "what is kept")


@SECTION.check(16, PARSER)
def malformed_streams_are_unparsed() -> None:
    for bad in (b"data: {}{}\n\n", b'data: {"a":\n\ndata: 1}\n\n', b"data: \xff\xfe\n\n"):
        verdict(read(sse(delta(content="a")) + bad + DONE), Outcome.UNPARSED, "event_not_json")


@SECTION.check(18, PARSER)
def the_content_type_decides() -> None:
    refusal = read(b'{"error":{"type":"invalid_request_error","message":"m"}}', kind=JSON, status=400)
    verdict(refusal, Outcome.HTTP_ERROR, "status_400")
    same((refusal.streamed, refusal.error_type), (False, "invalid_request_error"), "streamed, error type")
    same(read(sse(delta(content="a")) + DONE).streamed, True, "streamed")


@SECTION.check(19, PARSER)
def json_lines_end_with_their_counters() -> None:
    lines = (
        {"model": "m", "message": {"content": "Hel"}, "done": False},
        {"model": "m", "message": {"content": "lo"}, "done": False},
        {
            "model": "m",
            "message": {"content": ""},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 9,
            "eval_count": 2,
        },
    )
    reading = read(b"".join(json.dumps(line).encode() + b"\n" for line in lines), OLLAMA, LINES)
    verdict(reading, Outcome.OK)
    same(
        (first(reading).text, reading.usage.input_tokens, reading.usage.output_tokens),
        ("Hello", 9, 2),
        "text and usage",
    )


@SECTION.check(20, PARSER)
def unknown_streams_are_opaque() -> None:
    reading = read(b"\x00\x00\x01\x02opaque", Dialect.UNKNOWN, "application/vnd.amazon.eventstream")
    verdict(reading, Outcome.OK)
    same(reading.answer, None, "answer")


# ── usage ──

_TOLD = {"prompt_tokens": 3, "completion_tokens": 2}


def counts(*values: Any) -> tuple[int | None, int | None]:
    usage = read(sse(*values) + DONE).usage
    return usage.input_tokens, usage.output_tokens


@SECTION.check(22, PARSER)
def usage_without_choices() -> None:
    same(counts(delta(content="a"), {"choices": [], "usage": _TOLD}), (3, 2), "usage")


@SECTION.check(23, PARSER)
def null_usage_before() -> None:
    same(counts(delta(content="a") | {"usage": None}, {"choices": [], "usage": _TOLD}), (3, 2), "usage")


@SECTION.check(24, PARSER)
def usage_with_choices() -> None:
    same(counts(delta(content="a"), delta(content="b") | {"usage": _TOLD}), (3, 2), "usage")


@SECTION.check(25, PARSER)
def usage_on_the_finish() -> None:
    same(counts(delta(content="a"), delta(finish="stop") | {"usage": _TOLD}), (3, 2), "usage")


@SECTION.check(26, PARSER)
def the_last_usage_counts() -> None:
    growing = [delta(content="x") | {"usage": {"prompt_tokens": 3, "completion_tokens": n}} for n in (0, 1, 2)]
    same(counts(*growing), (3, 2), "usage")
    same(counts(*growing, delta() | {"usage": {"completion_tokens": 5}}), (3, 5), "usage, the last one partial")


@SECTION.check(27, PARSER)
def usage_without_any_choice() -> None:
    same(counts(delta(content="a"), {"usage": _TOLD}), (3, 2), "usage")
    same(counts(delta(content="a"), {"choices": None, "usage": _TOLD}), (3, 2), "usage beside null")


@SECTION.check(28, PARSER)
def no_usage_is_missing() -> None:
    usage = read(sse(delta(content="a")), ended="reset").usage
    same((usage.source, usage.input_tokens, usage.output_tokens), (UsageSource.MISSING, None, None), "usage")


@SECTION.check(30, PARSER)
def cumulative_usage_is_replaced() -> None:
    begun = {"input_tokens": 0, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 4, "output_tokens": 1}
    start = START | {"message": {"id": "m", "model": "c", "content": [], "usage": begun}}
    reading = claude(
        start, block(0, "text", text="a"), ends(output_tokens=4), ends(input_tokens=20, output_tokens=12), STOP
    )
    usage = reading.usage
    same((usage.input_tokens, usage.output_tokens), (27, 12), "input with what the cache gave and took, output")
    same((usage.cached_input_tokens, usage.cache_write_tokens), (3, 4), "cached, written to the cache")


# ── deltas ──


@SECTION.check(31, PARSER)
def padding_is_no_content() -> None:
    plain, padded = (
        read(sse(delta(content="a") | padding, delta(finish="stop") | padding) + DONE)
        for padding in ({}, {"obfuscation": "xyz123"})
    )
    same(padded.answer, plain.answer, "the answer with padding")
    reader = reader_for(CHAT, SSE, None, 200)
    reader.feed(sse(delta() | {"obfuscation": "xyz"}), 1.0)
    same(reader.finish(None).first_content_s, None, "time of the first content, of padding alone")


def calls(*fragments: dict[str, Any]) -> tuple[ToolCall, ...]:
    return first(read(sse(*(delta(tool_calls=[fragment]) for fragment in fragments)) + DONE)).tool_calls


@SECTION.check(32, PARSER)
def tool_calls_come_in_fragments() -> None:
    a = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
    b = {"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "not"}}
    more = [{"index": 0, "function": {"arguments": '{"x"'}}, {"index": 1, "function": {"arguments": " JSON"}}]
    last = {"index": 0, "function": {"arguments": ":1}"}}
    wanted = (ToolCall(id="a", name="f", arguments='{"x":1}'), ToolCall(id="b", name="g", arguments="not JSON"))
    same(calls(a, b, *more, last), wanted, "interleaved calls")
    bare = [{key: value for key, value in call.items() if key != "index"} for call in (a, b)]
    same([call.name for call in calls(*bare)], ["f", "g"], "calls without an index")


@SECTION.check(33, PARSER)
def other_kinds_of_deltas() -> None:
    old = [delta(function_call={"name": "f", "arguments": "{"}), delta(function_call={"arguments": "}"})]
    (call,) = first(read(sse(*old) + DONE)).tool_calls
    same((call.name, call.arguments, call.kind), ("f", "{}", "legacy_function"), "function_call")
    custom = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    same([(c.name, c.arguments, c.kind) for c in calls(custom)], [("sh", "ls", "custom")], "a custom tool")
    same(first(read(sse(delta(refusal="I "), delta(refusal="can't.")) + DONE)).refusal, "I can't.", "refusal")
    mixed = [delta(0, content="a"), delta(1, content="x"), delta(0, content="b"), delta(1, content="y")]
    answer = read(sse(*mixed) + DONE).answer
    assert answer is not None
    same([choice.text for choice in answer.choices], ["ab", "xy"], "two choices")
    logprobs = delta(content="a")
    logprobs["choices"][0]["logprobs"] = {"content": [{"token": "a", "logprob": -0.1}]}
    same(first(read(sse(logprobs) + DONE)).text, "a", "text beside log probabilities")
    same(first(read(sse(delta(audio={"transcript": "hello"})) + DONE)).text, "hello", "the transcript of audio")


@SECTION.check(34, PARSER)
def the_first_token_is_the_first_content() -> None:
    for dialect, pieces in (
        (CHAT, [b": ping\n\n", sse(delta(role="assistant", content="")), sse(delta(content="a")), DONE]),
        (
            CLAUDE,
            [named({"type": "ping"}), named(START, block(0, "text", text="")), named(grows(0, "text_delta", text="a"))],
        ),
        (CHAT, [b": ping\n\n", sse(delta(role="assistant")), sse(delta(reasoning_content="a")), DONE]),
    ):
        reader = reader_for(dialect, SSE, None, 200)
        for at, piece in enumerate(pieces):
            reader.feed(piece, float(at))
        same(reader.finish(None).first_content_s, 2.0, f"the first content of {dialect}")


@SECTION.check(35, PARSER)
def reasoning_has_many_names() -> None:
    for member in ("reasoning_content", "reasoning"):
        choice = first(read(sse(delta(**{member: "hm"}), delta(content="yes")) + DONE))
        same((choice.reasoning, choice.text), ("hm", "yes"), member)
    thought = (block(0, "thinking", thinking=""), grows(0, "thinking_delta", thinking="hm"))
    signed = grows(0, "signature_delta", signature="xyz")
    same(first(claude(START, *thought, signed, ends(), STOP)).reasoning, "hm", "thinking")
    item = {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]}
    done = on("completed", response=response("completed", item))
    same(first(read(named(done), RESPONSES)).reasoning, "hm", "a reasoning item")


@SECTION.check(36, PARSER)
def anthropics_blocks() -> None:
    use = block(0, "tool_use", id="a", name="f", input={})
    parts = (grows(0, "input_json_delta", partial_json=""), grows(0, "input_json_delta", partial_json='{"x": 1}'))
    empty = block(1, "tool_use", id="b", name="g", input={})
    cited = (block(2, "text", text="t"), grows(2, "citations_delta", citation={"cited_text": "x"}))
    choice = first(claude(START, use, *parts, empty, *cited, ends("tool_use"), STOP))
    same([(c.name, c.arguments) for c in choice.tool_calls], [("f", '{"x": 1}'), ("g", "{}")], "tool calls")
    same(choice.text, "t", "text beside citations")
    for reason in ("pause_turn", "refusal", "model_context_window_exceeded", "compaction", "max_tokens"):
        same(first(claude(START, block(0, "text", text="a"), ends(reason), STOP)).finish_reason, reason, "stop reason")


@SECTION.check(37, PARSER)
def events_of_responses() -> None:
    message = {"type": "message", "id": "m", "role": "assistant", "content": []}
    text = [on("output_text.delta", output_index=0, content_index=0, delta=part) for part in ("Hel", "lo")]
    odd = [
        on("queued", response=response("queued")),
        on("shell_call_command.delta", output_index=1, command_index=0, delta="l"),
    ]
    odd += [
        on("mcp_call.in_progress", output_index=2),
        on("code_interpreter_call_code.delta", output_index=3, delta="1"),
    ]
    incomplete = response("incomplete", incomplete_details={"reason": "max_output_tokens"})
    stream = [*odd, on("output_item.added", output_index=0, item=message), *text, on("incomplete", response=incomplete)]
    reading = read(named(*stream), RESPONSES)
    verdict(reading, Outcome.OK)
    same((first(reading).text, first(reading).finish_reason), ("Hello", "max_output_tokens"), "text and reason")
    resumed = read(named(text[1], on("completed", response=response("completed"))), RESPONSES)
    same(first(resumed).text, "lo", "text of a resumed stream")


@SECTION.check(38, PARSER)
def finish_reasons_are_the_providers() -> None:
    for reason in ("length", "content_filter", "tool_calls", None):
        same(first(read(sse(delta(content="a"), delta(finish=reason)) + DONE)).finish_reason, reason, "finish reason")
    extra = delta(content="a") | {"prompt_logprobs": None, "kv_transfer_params": None}
    extra["choices"][0] |= {"stop_reason": 7, "token_ids": [1, 2]}
    reading = read(sse(extra) + DONE)
    same(first(reading).text, "a", "text beside an engine's members")
    expect(b'"token_ids"' in reading.body, "an engine's members are not kept")


@SECTION.check(39, PARSER)
def ids_do_not_make_answers_different() -> None:
    both = [
        read(
            sse({"id": n, "created": n, "system_fingerprint": n, "service_tier": n} | delta(content="same")) + DONE
        ).answer
        for n in ("one", "two")
    ]
    other = read(sse(delta(content="other")) + DONE).answer
    assert both[0] is not None and both[1] is not None and other is not None
    expect(both[0].choices == both[1].choices, "answers that differ in their ids only are not equal")
    expect(both[0].choices != other.choices, "answers that differ are equal")


# ── codings ──


@SECTION.check(41, PARSER)
def codings_are_undone_as_they_come() -> None:
    plain = sse(delta(content="Hello")) + DONE
    for coding, data in (
        ("gzip", gzip.compress(plain)),
        ("deflate", zlib.compress(plain)),
        ("br", brotli.compress(plain)),
        ("zstd", zstandard.compress(plain)),
    ):
        same(first(read(data, coding=coding)).text, "Hello", f"text in {coding}")
    verdict(read(plain, coding="x-nobody-knows"), Outcome.UNPARSED, "content_unknown_coding")


@SECTION.check(42, PARSER)
def undeclared_gzip_is_read() -> None:
    same(first(read(gzip.compress(sse(delta(content="Hello")) + DONE))).text, "Hello", "text")


@SECTION.check(54, PARSER)
def error_bodies_are_read() -> None:
    for body in (b'{"error":{"type":"x","message":"m"}}', b"<html>", b""):
        verdict(read(body, kind=JSON, status=529), Outcome.HTTP_ERROR, "status_529")
