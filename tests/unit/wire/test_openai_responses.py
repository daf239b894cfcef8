"""OpenAI responses as transcripts: events in, answers out. Case numbers are those of the conformance list."""

import json
from typing import Any

import pytest

from shadowbench.records import NO_USAGE, Answer, Choice, ToolCall, Usage, UsageSource
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.openai_responses import StreamReader, parse_body
from shadowbench.wire.sse import SseEvent

USAGE = {
    "input_tokens": 9,
    "output_tokens": 5,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
    "output_tokens_details": {"reasoning_tokens": 3},
}
MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": ""}


def on(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 0} | fields


def response(status: str, *output: Any, **fields: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "model": "m",
        "status": status,
        "output": list(output),
        "error": None,
        "usage": None,
    } | fields


def created() -> dict[str, Any]:
    return on("created", response=response("in_progress"))


def added(item: Any, index: int = 0) -> dict[str, Any]:
    return on("output_item.added", output_index=index, item=item)


def done(item: Any, index: int = 0) -> dict[str, Any]:
    return on("output_item.done", output_index=index, item=item)


def text(delta: Any, index: int = 0, part: int = 0) -> dict[str, Any]:
    return on("output_text.delta", output_index=index, content_index=part, delta=delta, obfuscation="xyz")


def completed(*output: Any, **fields: Any) -> dict[str, Any]:
    return on("completed", response=response("completed", *output, usage=USAGE, **fields))


def said(*texts: str, **fields: Any) -> dict[str, Any]:
    return MESSAGE | {"content": [{"type": "output_text", "text": part} for part in texts]} | fields


def event(value: Any) -> SseEvent:
    return value if isinstance(value, SseEvent) else SseEvent(json.dumps(value).encode(), value.get("type"))


def stream(*values: Any) -> Parsed:
    reader = StreamReader()
    for value in values:
        reader.feed(event(value))
    return reader.finish()


def choice(*values: Any) -> Choice:
    answer = stream(*values).answer
    assert answer is not None
    return answer.first


def whole(**fields: Any) -> Parsed:
    return parse_body(json.dumps(response("completed") | fields).encode())


def test_an_ordinary_stream() -> None:
    assert stream(
        created(),
        on("in_progress", response=response("in_progress")),
        added(MESSAGE),
        on("content_part.added", output_index=0, content_index=0, part={"type": "output_text", "text": ""}),
        text("Hel"),
        text("lo"),
        on("output_text.done", output_index=0, content_index=0, text="Hello"),
        done(said("Hello")),
        completed(said("Hello")),
    ) == Parsed(
        answer=Answer(choices=(Choice(text="Hello", finish_reason="completed"),)),
        usage=Usage(
            source=UsageSource.REPORTED,
            input_tokens=9,
            output_tokens=5,
            cached_input_tokens=4,
            cache_write_tokens=2,
            reasoning_tokens=3,
        ),
        reported_model="m",
        response_id="resp_1",
        ended=True,
    )


def test_a_whole_response_is_read_as_the_end_of_a_stream_is() -> None:
    assert whole(output=[said("Hello")], usage=USAGE) == stream(completed(said("Hello")))


@pytest.mark.parametrize(
    ("value", "carried"),
    [
        (created(), False),
        (on("queued", response=response("queued")), False),
        (added(MESSAGE), False),
        (added(CALL), False),
        (text(""), False),
        (text("a"), True),
        (text(None), False),
        (on("refusal.delta", output_index=0, content_index=0, delta="a"), True),
        (on("reasoning_text.delta", output_index=0, content_index=0, delta="a"), True),
        (on("reasoning_summary_text.delta", output_index=0, summary_index=0, delta="a"), True),
        (on("function_call_arguments.delta", output_index=0, delta="{"), True),
        (on("custom_tool_call_input.delta", output_index=0, delta="a"), True),
        (on("mcp_call_arguments.delta", output_index=0, delta="{"), True),
        (on("code_interpreter_call_code.delta", output_index=0, delta="a"), True),
        (on("shell_call_command.delta", output_index=0, command_index=0, delta="ls"), True),
        (on("audio.transcript.delta", delta="a"), True),
        (on("audio.delta", delta="AAAA"), True),
        (on("output_text.done", output_index=0, content_index=0, text="a"), True),
        (on("output_text.done", output_index=0, content_index=0, text=""), False),
        (done(said("a")), True),
        (completed(said("a")), True),
        (completed(), False),
        (on("web_search_call.searching", output_index=0), False),
        (on("image_generation_call.partial_image", output_index=0, partial_image_b64="AAAA"), False),
        (on("output_text.annotation.added", output_index=0, annotation={}), False),
        (on("invented.next_year", delta="a"), False),
    ],
)
def test_ct_34_only_text_reasoning_refusal_and_arguments_are_content(value: Any, carried: bool) -> None:
    assert StreamReader().feed(event(value)) is carried


def test_what_was_streamed_is_no_content_again_when_it_is_told_whole() -> None:
    reader = StreamReader()
    values = [text("a"), on("output_text.done", output_index=0, content_index=0, text="a"), done(said("a"))]
    assert [reader.feed(event(value)) for value in (*values, completed(said("a")))] == [True, False, False, False]


# ── items ──


def test_ct_35_reasoning_is_its_text_or_else_its_summary() -> None:
    shown = {"type": "reasoning", "id": "rs", "content": [{"type": "reasoning_text", "text": "thus"}]}
    summary = {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": t} for t in ("a", "b")]}
    assert whole(output=[shown | summary | {"content": shown["content"]}]).answer == Answer(
        choices=(Choice(reasoning="thus", finish_reason="completed"),)
    )
    assert whole(output=[summary]).answer == Answer(choices=(Choice(reasoning="a\n\nb", finish_reason="completed"),))
    encrypted = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "xx"}
    assert whole(output=[encrypted]).answer == Answer(choices=(Choice(finish_reason="completed"),))


def test_ct_35_reasoning_streams() -> None:
    item = {"type": "reasoning", "id": "rs", "summary": []}
    summary = [
        on("reasoning_summary_text.delta", output_index=0, summary_index=i, delta=d)
        for i, d in [(0, "a"), (1, "b"), (1, "c")]
    ]
    assert choice(created(), added(item), *summary, added(MESSAGE, 1), text("x", 1)).reasoning == "a\n\nbc"


def test_ct_33_a_refusal_is_no_text() -> None:
    refusal = on("refusal.delta", output_index=0, content_index=0, delta="I can't.")
    assert choice(created(), added(MESSAGE), refusal) == Choice(refusal="I can't.")
    part = {"type": "refusal", "refusal": "I can't."}
    assert choice(completed(MESSAGE | {"content": [part]})).refusal == "I can't."


def test_ct_32_parallel_calls_are_kept_apart_by_their_output_index() -> None:
    def arguments(index: int, delta: str) -> dict[str, Any]:
        return on("function_call_arguments.delta", output_index=index, delta=delta)

    second = CALL | {"call_id": "call_2", "name": "g"}
    calls = choice(
        created(),
        added(CALL),
        added(second, 1),
        arguments(1, '{"b"'),
        arguments(0, "{"),
        arguments(1, ":1}"),
        arguments(0, "}"),
    ).tool_calls
    assert calls == (
        ToolCall(name="f", arguments="{}", id="call_1"),
        ToolCall(name="g", arguments='{"b":1}', id="call_2"),
    )


def test_ct_33_custom_calls_have_free_text() -> None:
    item = {"type": "custom_tool_call", "id": "ctc", "call_id": "call_1", "name": "sh", "input": ""}
    growing = [on("custom_tool_call_input.delta", output_index=0, delta=d) for d in ("ls ", "-l")]
    expected = (ToolCall(name="sh", arguments="ls -l", id="call_1", kind="custom"),)
    assert choice(created(), added(item), *growing).tool_calls == expected
    assert choice(completed(item | {"input": "ls -l"})).tool_calls == expected


@pytest.mark.parametrize(
    ("item", "call"),
    [
        (
            {"type": "web_search_call", "id": "ws", "action": {"type": "search"}},
            ("web_search", '{"type":"search"}', "ws"),
        ),
        ({"type": "file_search_call", "id": "fs", "queries": ["a"]}, ("file_search", '["a"]', "fs")),
        ({"type": "code_interpreter_call", "id": "ci", "code": "1+1"}, ("code_interpreter", "1+1", "ci")),
        ({"type": "mcp_call", "id": "mcp", "name": "roll", "arguments": "{}"}, ("roll", "{}", "mcp")),
        ({"type": "mcp_approval_request", "id": "a", "name": "roll", "arguments": "{}"}, ("roll", "{}", "a")),
        ({"type": "image_generation_call", "id": "ig", "result": "AAAA"}, ("image_generation", "", "ig")),
        (
            {"type": "local_shell_call", "call_id": "c", "action": {"type": "exec"}},
            ("local_shell", '{"type":"exec"}', "c"),
        ),
        ({"type": "computer_call", "call_id": "c", "action": {"type": "wait"}}, ("computer", '{"type":"wait"}', "c")),
        ({"type": "apply_patch_call", "call_id": "c", "operation": {"a": 1}}, ("apply_patch", '{"a":1}', "c")),
    ],
)
def test_ct_37_calls_of_the_provider_s_own_tools_are_told_apart(item: Any, call: tuple[str, str, str]) -> None:
    name, arguments, id_ = call
    expected = (ToolCall(name=name, arguments=arguments, id=id_, kind="server"),)
    assert choice(completed(item)).tool_calls == expected
    assert choice(created(), added(item), done(item)).tool_calls == expected


@pytest.mark.parametrize("kind", ["mcp_list_tools", "function_call_output", "compaction", "invented"])
def test_items_that_are_no_part_of_an_answer_are_passed_over(kind: str) -> None:
    assert choice(completed({"type": kind, "id": "x", "output": "y"}, said("a"))) == Choice(
        text="a", finish_reason="completed"
    )


def test_shell_commands_stream_and_are_told_once() -> None:
    item = {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls", "pwd"]}}
    commands = [
        on("shell_call_command.delta", output_index=0, command_index=i, delta=d) for i, d in [(0, "ls"), (1, "pwd")]
    ]
    calls = choice(created(), added(item | {"action": None}), *commands, done(item)).tool_calls
    assert [call.arguments for call in calls] == ['{"commands":["ls","pwd"]}']


def test_several_messages_and_parts_are_one_text() -> None:
    assert choice(completed(said("a", "b"), said("c"))).text == "abc"
    assert choice(created(), added(MESSAGE), text("a", 0, 0), text("c", 1, 0), text("b", 0, 1)).text == "abc"


def test_what_a_last_event_leaves_out_stays_as_it_grew() -> None:
    assert choice(created(), added(MESSAGE), text("a"), done(MESSAGE), completed()).text == "a"


def test_a_part_that_is_told_empty_stays_as_it_grew() -> None:
    assert choice(created(), added(MESSAGE), text("a"), done(said(""))).text == "a"
    assert choice(created(), added(MESSAGE), completed(said(""))).text == ""


def test_the_last_event_counts_over_what_grew() -> None:
    assert choice(created(), added(MESSAGE), text("a"), completed(said("b"))).text == "b"
    assert choice(created(), added(MESSAGE), text("a"), completed(CALL | {"arguments": "{}"})).text is None


def test_ct_37_a_resumed_stream_lacks_its_beginning() -> None:
    assert choice(text("lo", 1), text("!", 1)).text == "lo!"
    assert choice(on("function_call_arguments.delta", output_index=0, delta="1}")).tool_calls == (
        ToolCall(name="", arguments="1}"),
    )


# ── ends ──


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "max_output_tokens"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"status": "incomplete"}, "incomplete"),
        ({"status": None}, None),
    ],
)
def test_ct_38_an_incomplete_response_ends_with_its_reason(fields: Any, reason: str | None) -> None:
    ended = stream(created(), added(MESSAGE), text("a"), on("incomplete", response=response("x") | fields))
    assert (ended.ended, ended.error) == (True, None)
    assert ended.answer == Answer(choices=(Choice(text="a", finish_reason=reason),))
    assert whole(**fields).ended is True


def test_ct_12_without_a_last_event_it_has_not_ended() -> None:
    broken = stream(created(), added(MESSAGE), text("a"))
    assert (broken.ended, broken.usage, broken.answer) == (False, NO_USAGE, Answer(choices=(Choice(text="a"),)))


def test_ct_11_done_is_no_end_mark_of_responses() -> None:
    assert stream(created(), text("a"), SseEvent(b"[DONE]")).ended is False
    assert stream(created(), completed(said("a")), SseEvent(b"[DONE]")).ended is True


def test_ct_10_a_last_event_without_its_blank_line_counts_when_it_is_whole() -> None:
    reader = StreamReader()
    reader.feed(event(created()))
    reader.feed_unterminated(SseEvent(json.dumps(completed(said("a"))).encode()))
    assert (reader.finish().ended, reader.finish().answer) == (
        True,
        Answer(choices=(Choice(text="a", finish_reason="completed"),)),
    )


def test_after_the_last_event_nothing_counts() -> None:
    reader = StreamReader()
    reader.feed(event(completed(said("a"))))
    assert reader.feed(event(text("b"))) is False
    reader.feed_unterminated(SseEvent(json.dumps(completed(said("c"))).encode()))
    assert reader.finish() == stream(completed(said("a")))


@pytest.mark.parametrize("data", [b'{"type":"response.comp', json.dumps(text("a")).encode(), b"[1]"])
def test_ct_10_any_other_unterminated_event_does_not(data: bytes) -> None:
    reader = StreamReader()
    reader.feed_unterminated(SseEvent(data))
    assert reader.finish() == Parsed()


@pytest.mark.parametrize("status", ["queued", "in_progress", "cancelled"])
def test_a_response_in_the_background_that_is_not_finished_has_no_end(status: str) -> None:
    assert whole(status=status).ended is False


# ── errors ──


ERROR = {"code": "server_error", "message": "m"}


@pytest.mark.parametrize(
    "last",
    [
        pytest.param({"type": "error", "sequence_number": 3, "param": None} | ERROR, id="error event"),
        pytest.param({"type": "error", "error": ERROR}, id="nested"),
        pytest.param(on("failed", response=response("failed", error=ERROR)), id="failed"),
        pytest.param({"error": ERROR}, id="as chat has it"),
    ],
)
def test_ct_13_an_error_in_the_stream(last: Any) -> None:
    failed = stream(created(), added(MESSAGE), text("a"), last, text("b"))
    assert failed.error == ProviderError(type="server_error", message="m")
    assert failed.answer is not None
    assert failed.answer.first.text == "a"


def test_a_failure_that_is_not_explained_is_one() -> None:
    assert stream(created(), on("failed", response=response("failed"))).error == ProviderError()
    assert stream(on("cancelled", response=response("cancelled"))).error == ProviderError(type="cancelled")
    assert whole(status="failed").error == ProviderError()
    assert whole(status="failed", error=ERROR).error == ProviderError(type="server_error", message="m")
    assert stream(created(), SseEvent(b'{"type":"error"}')).error == ProviderError()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (SseEvent(b"{}{}"), "event_not_json"),
        (SseEvent(b"\xff"), "event_not_json"),
        (SseEvent(b"[]"), "event_not_an_object"),
        (SseEvent(b"{}"), "event_without_type"),
        (SseEvent(b"", oversize=True), "oversize_event"),
    ],
)
def test_ct_16_events_that_are_none_make_the_stream_malformed(bad: SseEvent, reason: str) -> None:
    assert stream(created(), bad, completed()).malformed == reason


def test_ct_02_a_type_may_come_as_the_event_s_name() -> None:
    assert choice(created(), SseEvent(b'{"delta":"a"}', "response.output_text.delta")).text == "a"


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b"nonsense", Parsed(malformed="not_json")),
        (b"{}", Parsed(malformed="no_output")),
        (b"[]", Parsed(malformed="no_output")),
        (b'{"error":{"type":"t","message":"m"}}', Parsed(error=ProviderError(type="t", message="m"))),
    ],
)
def test_bodies_that_are_no_response_say_why(body: bytes, parsed: Parsed) -> None:
    assert parse_body(body) == parsed


RUBBISH = [None, 1, -1, True, "x", [], {}, [None], [[1]], {"type": 1}, [{"type": []}], 1e300]


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_in_any_place_is_read_past(rubbish: Any) -> None:
    for value in (created(), added(CALL), text("a"), done(said("a")), completed(said("a"))):
        for name in value:
            stream(value | {name: rubbish}, completed(said("b")))
    for name in ("output", "usage", "model", "id", "status", "incomplete_details", "error"):
        whole(**{name: rubbish})
        stream(on("completed", response=response("completed", said("a")) | {name: rubbish}))
    for item in (MESSAGE, CALL, {"type": "reasoning", "summary": [], "content": []}, {"type": "web_search_call"}):
        for name in (*item, "summary", "content", "action"):
            stream(added(item | {name: rubbish}), text("a"), completed(item | {name: rubbish}))
        stream(completed(MESSAGE | {"content": [rubbish, {"type": "output_text", "text": rubbish}]}))
