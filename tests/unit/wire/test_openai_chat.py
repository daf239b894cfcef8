"""OpenAI chat as transcripts: chunks in, answers out. Case numbers are those of the conformance list."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.records import NO_USAGE, Answer, Choice, ToolCall, Usage, UsageSource
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.openai_chat import StreamReader, _answer_of, _Choices, parse_body
from shadowbench.wire.openai_chunks import take_all
from shadowbench.wire.sse import SseEvent

DONE = SseEvent(b"[DONE]")


def delta(index: int = 0, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": fields, "finish_reason": finish}]}


def call(index: Any = "none", **fields: Any) -> dict[str, Any]:
    """A delta with one fragment of a tool call; `name` and `arguments` go into its function."""
    function = {key: fields.pop(key) for key in ("name", "arguments") if key in fields}
    fragment = fields | ({"function": function} if function else {}) | ({} if index == "none" else {"index": index})
    return delta(tool_calls=[fragment])


def events(*chunks: Any) -> list[SseEvent]:
    return [chunk if isinstance(chunk, SseEvent) else SseEvent(json.dumps(chunk).encode()) for chunk in chunks]


def stream(*chunks: Any) -> Parsed:
    reader = StreamReader()
    for event in events(*chunks):
        reader.feed(event)
    return reader.finish()


def choice(*chunks: Any) -> Choice:
    answer = stream(*chunks).answer
    assert answer is not None
    return answer.first


def calls(*chunks: Any) -> tuple[ToolCall, ...]:
    return choice(*chunks).tool_calls


def test_an_ordinary_stream() -> None:
    head = {"id": "chatcmpl-1", "model": "m-2025", "system_fingerprint": "fp", "usage": None, "obfuscation": "xyz"}
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    assert stream(
        head | delta(role="assistant", content=""),
        head | delta(content="Hel"),
        head | delta(content="lo"),
        head | delta(finish="stop"),
        head | {"choices": [], "usage": usage},
        DONE,
    ) == Parsed(
        answer=Answer(choices=(Choice(text="Hello", finish_reason="stop"),)),
        usage=Usage(
            source=UsageSource.REPORTED, input_tokens=9, output_tokens=2, cached_input_tokens=4, reasoning_tokens=1
        ),
        reported_model="m-2025",
        fingerprint="fp",
        response_id="chatcmpl-1",
        ended=True,
    )


@pytest.mark.parametrize(
    ("chunk", "carried"),
    [
        (delta(role="assistant", content=""), False),
        (delta(role="assistant", content=None), False),
        (delta(), False),
        ({"choices": []}, False),
        ({"choices": [], "usage": {"prompt_tokens": 1}}, False),
        (delta(finish="stop"), False),
        (call(0, id="c", name="f", arguments=""), False),
        (delta(content="a"), True),
        (delta(content=[{"type": "text", "text": "a"}]), True),
        (delta(reasoning_content="a"), True),
        (delta(reasoning="a"), True),
        (delta(refusal="a"), True),
        (call(0, arguments="{"), True),
        (delta(tool_calls=[{"index": 0, "type": "custom", "custom": {"name": "f", "input": "a"}}]), True),
        (delta(function_call={"name": "f", "arguments": "{"}), True),
        (delta(audio={"data": "AAAA"}), True),
        (delta(audio={"transcript": "a"}), True),
        (delta(audio={"id": "a"}), False),
        (DONE, False),
    ],
)
def test_ct_34_only_text_reasoning_refusal_and_arguments_are_content(chunk: Any, carried: bool) -> None:
    assert StreamReader().feed(events(chunk)[0]) is carried


# ── usage ──


def usage_of(*chunks: Any) -> tuple[int | None, int | None]:
    usage = stream(*chunks, DONE).usage
    return usage.input_tokens, usage.output_tokens


def test_ct_25_usage_may_ride_on_the_finish_delta() -> None:
    assert usage_of(delta(finish="stop") | {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}) == (3, 4)


def test_ct_26_of_several_usages_the_last_counts() -> None:
    counts = [{"prompt_tokens": 3, "completion_tokens": n} for n in (0, 1, 2)]
    assert usage_of(*[delta(content="x") | {"usage": usage} for usage in counts]) == (3, 2)


def test_ct_26_a_partial_usage_replaces_only_what_it_gives() -> None:
    first, then = {"prompt_tokens": 3, "completion_tokens": 0}, {"completion_tokens": 2}
    assert usage_of(delta() | {"usage": first}, delta() | {"usage": then}, {"choices": [], "usage": None}) == (3, 2)


def test_ct_27_usage_without_choices_at_all_is_taken() -> None:
    assert usage_of({"usage": {"prompt_tokens": 3, "completion_tokens": 4}}) == (3, 4)


@pytest.mark.parametrize("usage", [None, {}, [], "none", {"prompt_tokens": None}, {"prompt_tokens": "3"}])
def test_ct_28_absent_usage_is_missing_and_not_zero(usage: Any) -> None:
    assert stream(delta(content="a") | {"usage": usage}).usage == NO_USAGE


def test_reported_zeros_are_zeros() -> None:
    assert usage_of({"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0}}) == (0, 0)


def test_usage_in_other_servers_fields_is_found() -> None:
    groq = {"x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}}
    assert usage_of(delta(finish="stop") | groq) == (3, 4)
    deepseek = {"usage": {"prompt_tokens": 3, "prompt_cache_hit_tokens": 2}}
    assert stream(delta() | deepseek).usage.cached_input_tokens == 2


# ── tool calls ──


def test_ct_32_parallel_calls_come_interleaved_by_index() -> None:
    assert calls(
        call(1, id="b", name="g", arguments=""),
        call(0, id="a", name="f", arguments=""),
        call(1, arguments='{"y"'),
        call(0, arguments='{"x"'),
        call(1, arguments=":2}"),
        call(0, arguments=":1}"),
    ) == (ToolCall(id="a", name="f", arguments='{"x":1}'), ToolCall(id="b", name="g", arguments='{"y":2}'))


def test_ct_32_two_fragments_of_one_call_may_share_a_chunk() -> None:
    fragments = [
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}},
        {"index": 0, "function": {"arguments": "}"}},
    ]
    assert calls(delta(tool_calls=fragments)) == (ToolCall(id="a", name="f", arguments="{}"),)


@pytest.mark.parametrize("index", [None, "none"])
def test_ct_32_without_index_ids_and_names_tell_the_calls_apart(index: Any) -> None:
    assert calls(
        call(index, id="a", name="f", arguments="{"),
        call(index, arguments="}"),
        call(index, id="b", name="f", arguments="["),
        call(index, id="a", arguments="!"),
        call(index, id="b", arguments="]"),
    ) == (ToolCall(id="a", name="f", arguments="{}!"), ToolCall(id="b", name="f", arguments="[]"))


def test_calls_that_are_all_numbered_zero_stay_apart() -> None:
    assert calls(call(0, id="a", name="f", arguments="{}"), call(0, id="b", name="g", arguments="[]")) == (
        ToolCall(id="a", name="f", arguments="{}"),
        ToolCall(id="b", name="g", arguments="[]"),
    )


def test_a_new_id_with_every_fragment_makes_no_new_call() -> None:
    assert calls(call(0, id="a", name="f", arguments="{"), call(0, id="b", arguments="}")) == (
        ToolCall(id="a", name="f", arguments="{}"),
    )


def test_a_name_may_be_repeated_or_come_in_pieces() -> None:
    assert calls(call(0, id="a", name="f"), call(0, id="a", name="f"))[0].name == "f"
    assert calls(call(0, id="a", name="get_"), call(0, name="weather"))[0].name == "get_weather"


@pytest.mark.parametrize(("arguments", "text"), [(None, ""), ({"x": 1}, '{"x":1}'), ("not JSON", "not JSON")])
def test_arguments_of_any_form_are_kept_as_text(arguments: Any, text: str) -> None:
    assert calls(call(0, id="a", name="f", arguments=arguments))[0].arguments == text


def test_ct_33_custom_tools_and_the_legacy_function_call() -> None:
    custom = [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "f", "input": "one "}}]
    more = [{"index": 0, "custom": {"input": "two"}}]
    assert calls(delta(tool_calls=custom), delta(tool_calls=more)) == (
        ToolCall(id="a", name="f", arguments="one two", kind="custom"),
    )
    assert calls(
        delta(function_call={"name": "f", "arguments": ""}),
        delta(function_call={"arguments": "{}"}, finish="function_call"),
    ) == (ToolCall(name="f", arguments="{}", kind="legacy_function"),)


# ── what else choices hold ──


def test_ct_33_choices_come_interleaved() -> None:
    answer = stream(
        delta(1, content="B"), delta(0, content="A"), delta(1, content="b", finish="length"), delta(0, finish="stop")
    )
    assert answer.answer == Answer(
        choices=(Choice(index=0, text="A", finish_reason="stop"), Choice(index=1, text="Bb", finish_reason="length"))
    )


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_ct_35_reasoning_has_two_names(field: str) -> None:
    read = choice(delta(**{field: "hm "}), delta(**{field: "ok"}), delta(content="yes"))
    assert (read.reasoning, read.text) == ("hm ok", "yes")


def test_ct_35_reasoning_under_both_names_is_taken_once() -> None:
    assert choice(delta(reasoning_content="hm", reasoning="hm")).reasoning == "hm"


def test_content_in_parts_is_text_and_thinking() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    read = choice(delta(content=[thinking]), delta(content=[{"type": "text", "text": "yes"}]))
    assert (read.reasoning, read.text) == ("hm", "yes")


def test_ct_33_a_refusal_is_not_text() -> None:
    read = choice(delta(content=None, refusal="I "), delta(refusal="can't"), delta(finish="stop"))
    assert (read.refusal, read.text) == ("I can't", None)


def test_ct_38_content_filter_is_a_finish_reason_and_no_refusal() -> None:
    read = choice(delta(content="a"), delta(finish="content_filter"))
    assert (read.refusal, read.finish_reason) == (None, "content_filter")


def test_the_transcript_of_speech_is_its_text() -> None:
    assert choice(delta(content=None, audio={"transcript": "Hel"}), delta(audio={"transcript": "lo"})).text == "Hello"


def test_a_character_cut_into_surrogates_over_two_deltas_is_joined() -> None:
    halves = [
        SseEvent(b'{"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}'),
        SseEvent(b'{"choices":[{"index":0,"delta":{"content":"\\ude00"}}]}'),
    ]
    assert choice(*halves).text == "😀"


def test_no_text_is_not_the_empty_text() -> None:
    assert choice(delta(content=None)).text is None
    assert choice(delta(content="")).text == ""


# ── ends and errors ──


def test_ct_11_the_end_mark_is_matched_by_its_beginning_and_ends_the_reading() -> None:
    parsed = stream(delta(content="a"), SseEvent(b"[DONE] bye"), delta(content="b"))
    assert parsed.ended
    assert parsed.answer == Answer(choices=(Choice(text="a"),))


def test_ct_12_without_end_mark_the_answer_is_not_ended() -> None:
    assert stream(delta(content="a", finish="stop")).ended is False


def test_ct_10_an_end_mark_without_blank_line_counts_and_other_events_do_not() -> None:
    reader = StreamReader()
    reader.feed(events(delta(content="a"))[0])
    reader.feed_unterminated(events(delta(content="b"))[0])
    assert reader.finish().ended is False
    reader.feed_unterminated(DONE)
    assert reader.finish() == Parsed(answer=Answer(choices=(Choice(text="a"),)), ended=True)


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (SseEvent(b'{"error":{"message":"m","type":"t"}}'), ProviderError(type="t", message="m")),
        (SseEvent(b'{"error":"m"}'), ProviderError(message="m")),
        (SseEvent(b'{"object":"error","message":"m","code":400}'), ProviderError(type="400", message="m")),
        (SseEvent(b'{"message":"m"}', "error"), ProviderError(message="m")),
    ],
)
def test_ct_13_an_error_inside_the_stream_ends_it(event: SseEvent, error: ProviderError) -> None:
    parsed = stream(delta(content="a"), event, delta(content="b"), DONE)
    assert (parsed.error, parsed.ended) == (error, False)
    assert parsed.answer == Answer(choices=(Choice(text="a"),))


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (SseEvent(b'{"a":1}{"b":2}'), "event_not_json"),
        (SseEvent(b'{"choices":[{"del'), "event_not_json"),
        (SseEvent(b'{"choices":"\xff"}'), "event_not_json"),
        (SseEvent(b"[1]"), "event_not_an_object"),
        (SseEvent(b"", oversize=True), "oversize_event"),
    ],
)
def test_ct_16_an_event_that_cannot_be_read_is_said_and_the_rest_is_read(event: SseEvent, reason: str) -> None:
    parsed = stream(delta(content="a"), event, delta(content="b"), DONE)
    assert (parsed.malformed, parsed.ended) == (reason, True)


@pytest.mark.parametrize("rubbish", [None, 1, "x", [], {}, [None], [[]], {"index": "x"}, True])
def test_rubbish_in_any_place_is_read_past(rubbish: Any) -> None:
    for name in ("choices", "usage", "model", "id", "system_fingerprint", "x_groq"):
        stream(delta(content="a") | {name: rubbish}, DONE)
    for name in ("content", "tool_calls", "function_call", "audio", "refusal", "reasoning"):
        stream(delta(**{name: rubbish}), delta(tool_calls=[{"index": rubbish, "function": rubbish, "id": rubbish}]))
    stream({"choices": [{"index": rubbish, "delta": rubbish, "finish_reason": rubbish}]})
    parse_body(json.dumps({"choices": [{"message": rubbish}, rubbish], "usage": rubbish}).encode())


# ── whole bodies ──


def test_a_whole_answer() -> None:
    message = {"role": "assistant", "content": "Hi", "refusal": None, "reasoning_content": "hm"}
    tool = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = {
        "id": "chatcmpl-1",
        "model": "m",
        "system_fingerprint": "fp",
        "choices": [
            {"index": 1, "message": message, "finish_reason": "stop"},
            {"index": 0, "message": {"content": None, "tool_calls": [tool]}, "finish_reason": "tool_calls"},
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4},
    }
    assert parse_body(json.dumps(body).encode()) == Parsed(
        answer=Answer(
            choices=(
                Choice(index=0, tool_calls=(ToolCall(id="a", name="f", arguments="{}"),), finish_reason="tool_calls"),
                Choice(index=1, text="Hi", reasoning="hm", finish_reason="stop"),
            )
        ),
        usage=Usage(source=UsageSource.REPORTED, input_tokens=3, output_tokens=4),
        reported_model="m",
        fingerprint="fp",
        response_id="chatcmpl-1",
        ended=True,
    )


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b"<html>", Parsed(malformed="not_json")),
        (b"[]", Parsed(malformed="no_choices")),
        (b'{"id":"x"}', Parsed(malformed="no_choices")),
        (b'{"error":{"message":"m","type":"t"}}', Parsed(error=ProviderError(type="t", message="m"))),
        (b'{"choices":[]}', Parsed(answer=Answer(choices=()), ended=True)),
    ],
)
def test_a_whole_body_that_is_no_answer(body: bytes, parsed: Parsed) -> None:
    assert parse_body(body) == parsed


MEMBERS = {
    "content": ["Hello", "Gr\u00fc\u00dfe", "\ud83d", "", None, 5, [{"text": "p"}]],
    "refusal": [None, "", "no", 1],
    "reasoning": [None, "", "hm"],
    "reasoning_content": [None, "hm", 0],
    "tool_calls": [None, [], [{"id": "c1", "function": {"name": "f", "arguments": "{}"}}], {}],
    "function_call": [None, {"name": "f", "arguments": "{}"}],
    "audio": [None, {"transcript": "said"}, {"data": "x"}],
}
MESSAGES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in MEMBERS.items()})


@given(
    message=MESSAGES | st.sampled_from([None, "x", []]),
    index=st.sampled_from([None, 0, 3, -1, True, "0"]),
    finish=st.sampled_from([None, "", "stop", 5]),
)
def test_the_only_choice_is_read_as_any_other(message: Any, index: Any, finish: Any) -> None:
    whole = [{"index": index, "message": message, "finish_reason": finish}]
    assert _answer_of(whole) == take_all(_Choices("message"), whole)
