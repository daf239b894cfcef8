"""Every dialect through the reader: whole and streamed, however cut, broken off, or made of arbitrary bytes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.records import NO_USAGE, Answer, Choice, Dialect, Embeddings, Outcome, Usage, UsageSource
from shadowbench.wire.reading import Reading, ReadingLimits, reader_for

Cut = Callable[[bytes], list[bytes]]
SSE, JSON, NDJSON = "text/event-stream; charset=utf-8", "application/json", "application/x-ndjson"
TEXT = "Grüße, 世界 😀"
USAGE = Usage(source=UsageSource.REPORTED, input_tokens=3, output_tokens=2)


def sse(*values: Any, named: bool = False, done: bool = False) -> bytes:
    frames = []
    for value in values:
        name = f"event: {value['type']}\n" if named else ""
        frames.append(f"{name}data: {json.dumps(value, ensure_ascii=False)}\n\n")
    return ("".join(frames) + ("data: [DONE]\n\n" if done else "")).encode()


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


@dataclass(frozen=True, kw_only=True)
class Script:
    """One answer, `TEXT`, as a dialect streams it: the bytes before its end, those of its end, and an error in its place."""

    dialect: Dialect
    content_type: str
    head: bytes
    end: bytes
    error: bytes
    finish: str
    whole: Any

    @property
    def stream(self) -> bytes:
        return self.head + self.end

    @property
    def answer(self) -> Answer:
        return Answer(choices=(Choice(text=TEXT, finish_reason=self.finish),))


ERROR = {"error": {"type": "server_error", "message": "m"}}
OPENAI_USAGE = {"prompt_tokens": 3, "completion_tokens": 2}
COUNTERS = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2}
PIECES = (TEXT[:5], TEXT[5:])


def chat(key: str, text: str, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, key: {"content": text}, "finish_reason": finish}]}


def completion(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "text": text, "finish_reason": finish}]}


def output_delta(text: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text}


def message_delta(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def candidate(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [{"text": text}]}} | ({"finishReason": finish} if finish else {})]}


RESPONSE = {
    "status": "completed",
    "output": [{"type": "message", "content": [{"type": "output_text", "text": TEXT}]}],
    "usage": {"input_tokens": 3, "output_tokens": 2},
}
MESSAGE = {
    "content": [{"type": "text", "text": TEXT}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}
GEMINI_USAGE = {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2}}
GEMINI_END = candidate("", "STOP") | GEMINI_USAGE

SCRIPTS = [
    Script(
        dialect=Dialect.OPENAI_CHAT,
        content_type=SSE,
        head=sse(*(chat("delta", piece) for piece in PIECES)),
        end=sse(chat("delta", "", "stop"), {"choices": [], "usage": OPENAI_USAGE}, done=True),
        error=sse(ERROR),
        finish="stop",
        whole=chat("message", TEXT, "stop") | {"usage": OPENAI_USAGE},
    ),
    Script(
        dialect=Dialect.OPENAI_COMPLETIONS,
        content_type=SSE,
        head=sse(*(completion(piece) for piece in PIECES)),
        end=sse(completion("", "stop"), {"choices": [], "usage": OPENAI_USAGE}, done=True),
        error=sse(ERROR),
        finish="stop",
        whole=completion(TEXT, "stop") | {"usage": OPENAI_USAGE},
    ),
    Script(
        dialect=Dialect.OPENAI_RESPONSES,
        content_type=SSE,
        head=sse(*(output_delta(piece) for piece in PIECES), named=True),
        end=sse({"type": "response.completed", "response": RESPONSE}, named=True),
        error=sse({"type": "error", "code": "server_error", "message": "m"}, named=True),
        finish="completed",
        whole=RESPONSE,
    ),
    Script(
        dialect=Dialect.ANTHROPIC_MESSAGES,
        content_type=SSE,
        head=sse(
            {"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 3}}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(message_delta(piece) for piece in PIECES),
            named=True,
        ),
        end=sse(
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
            {"type": "message_stop"},
            named=True,
        ),
        error=sse({"type": "error"} | ERROR, named=True),
        finish="end_turn",
        whole=MESSAGE,
    ),
    Script(
        dialect=Dialect.OLLAMA_CHAT,
        content_type=NDJSON,
        head=lines(*({"message": {"content": piece}, "done": False} for piece in PIECES)),
        end=lines({"message": {"content": ""}} | COUNTERS),
        error=lines({"error": "m"}),
        finish="stop",
        whole={"message": {"content": TEXT}} | COUNTERS,
    ),
    Script(
        dialect=Dialect.OLLAMA_GENERATE,
        content_type=NDJSON,
        head=lines(*({"response": piece, "done": False} for piece in PIECES)),
        end=lines({"response": ""} | COUNTERS),
        error=lines({"error": "m"}),
        finish="stop",
        whole={"response": TEXT} | COUNTERS,
    ),
    Script(
        dialect=Dialect.GEMINI,
        content_type=SSE,
        head=sse(*(candidate(piece) for piece in PIECES)),
        end=sse(GEMINI_END),
        error=sse(ERROR),
        finish="STOP",
        whole=candidate(TEXT, "STOP") | GEMINI_USAGE,
    ),
    Script(
        dialect=Dialect.GEMINI,
        content_type=JSON,
        head=b"[" + b"\n,\r\n".join(json.dumps(candidate(piece), indent=2).encode() for piece in PIECES),
        end=b"\n,\r\n" + json.dumps(GEMINI_END, indent=2).encode() + b"\n]\n",
        error=b"," + json.dumps(ERROR).encode() + b"]",
        finish="STOP",
        whole=candidate(TEXT, "STOP") | GEMINI_USAGE,
    ),
]
DIALECTS = sorted(Dialect)
every_script = pytest.mark.parametrize(
    "script", SCRIPTS, ids=lambda script: f"{script.dialect} {script.content_type[:16]}"
)


def read(
    script: Script, chunks: list[bytes], *, content_type: str | None = None, transport: str | None = None, **limits: Any
) -> Reading:
    type_ = script.content_type if content_type is None else content_type
    reader = reader_for(script.dialect, type_, None, 200, ReadingLimits(**limits))
    for number, chunk in enumerate(chunks):
        reader.feed(chunk, float(number))
    return reader.finish(transport)


def verdict(reading: Reading) -> tuple[Outcome, str | None]:
    return reading.outcome, reading.reason


@every_script
def test_ct_01_ct_03_a_stream_reads_the_same_however_it_is_cut(script: Script, cut: Cut) -> None:
    reading = read(script, cut(script.stream))
    assert (verdict(reading), reading.streamed) == ((Outcome.OK, None), True)
    assert (reading.answer, reading.usage) == (script.answer, USAGE)
    assert reading.body == script.stream


@every_script
def test_ct_18_whole_it_says_the_same_whatever_was_asked_for(script: Script, cut: Cut) -> None:
    for indent in (None, 2):
        body = json.dumps(script.whole, indent=indent, ensure_ascii=False).encode()
        for content_type in (JSON, ""):
            reading = read(script, cut(body), content_type=content_type)
            assert (verdict(reading), reading.streamed) == ((Outcome.OK, None), False)
            assert (reading.answer, reading.usage, reading.first_content_s) == (script.answer, USAGE, 0.0)


@every_script
def test_a_stream_without_a_telling_type_is_found_by_its_beginning(script: Script, cut: Cut) -> None:
    for content_type in ("", "text/plain", "application/octet-stream"):
        reading = read(script, cut(script.stream), content_type=content_type)
        assert (verdict(reading), reading.streamed) == ((Outcome.OK, None), True)
        assert reading.answer == script.answer


@every_script
def test_ct_04_line_ends_do_not_matter(script: Script, cut: Cut) -> None:
    for end in (b"\r\n", b"\r"):
        assert read(script, cut(script.stream.replace(b"\r\n", b"\n").replace(b"\n", end))).answer == script.answer


@every_script
def test_ct_12_ct_28_without_its_end_it_is_truncated_and_has_what_came(script: Script, cut: Cut) -> None:
    reading = read(script, cut(script.head))
    assert verdict(reading) == (Outcome.TRUNCATED, "no_end_mark")
    assert reading.usage.output_tokens is None
    answer = reading.answer
    assert answer is not None
    assert (answer.first.text, answer.first.finish_reason) == (TEXT, None)


@every_script
def test_what_is_cut_in_the_middle_is_truncated_and_not_malformed(script: Script, cut: Cut) -> None:
    for cut_at in range(1, len(script.head), 7):
        assert verdict(read(script, [script.head[:cut_at]])) == (Outcome.TRUNCATED, "no_end_mark")
    assert verdict(read(script, cut(script.head[:-9]), transport="reset")) == (Outcome.TRUNCATED, "reset")


@every_script
def test_ct_13_an_error_in_the_stream_is_a_failure(script: Script, cut: Cut) -> None:
    reading = read(script, cut(script.head + script.error))
    assert verdict(reading) == (Outcome.STREAM_ERROR, "in_stream_error")
    assert reading.error_message == "m"
    assert reading.answer is not None
    assert reading.answer.first.text == TEXT


@every_script
def test_ct_34_each_chunk_with_content_has_its_time(script: Script) -> None:
    separator = b"\n\n" if script.content_type == SSE else b"\n"
    if script.content_type == JSON:
        separator = b"\r\n"
    chunks = [part + separator for part in script.stream.split(separator)]
    reading = read(script, [b"", *chunks])
    assert len(reading.content_times) == 2
    assert reading.first_content_s == reading.content_times[0]


@every_script
def test_a_client_that_hangs_up_at_the_end_mark_had_its_answer(script: Script) -> None:
    reading = read(script, [script.stream], transport="client_cancelled")
    assert (verdict(reading), reading.answer) == ((Outcome.OK, None), script.answer)
    assert verdict(read(script, [script.head], transport="client_cancelled"))[0] is Outcome.CLIENT_CANCELLED


@every_script
def test_ct_15_an_oversize_event_is_said(script: Script, cut: Cut) -> None:
    reading = read(script, cut(script.stream), event_bytes=20)
    assert (verdict(reading), reading.answer) == ((Outcome.UNPARSED, "oversize_event"), None)


@every_script
def test_ct_16_rubbish_in_the_place_of_an_event_is_said(script: Script, cut: Cut) -> None:
    rubbish = {SSE: b'event: x\ndata: {"a":1}{"b":2}\n\n', NDJSON: b'{"a":1}{"b":2}\n', JSON: b',{"a" 1},'}
    reading = read(script, cut(script.head + rubbish[script.content_type] + script.end))
    assert verdict(reading) == (Outcome.UNPARSED, "event_not_json")


@every_script
def test_ct_39_what_differs_by_design_is_no_part_of_the_answer(script: Script) -> None:
    other = script.stream.replace(b'"done": false', b'"done": false, "created_at": "x"')
    other = other.replace(b'"choices"', b'"id": "x", "created": 7, "service_tier": "t", "choices"')
    assert read(script, [other]).answer == script.answer


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (Dialect.OPENAI_EMBEDDINGS, {"data": [{"embedding": [1, 2]}], "usage": {"prompt_tokens": 3}}),
        (Dialect.OLLAMA_EMBED, {"embeddings": [[1, 2]], "prompt_eval_count": 3}),
    ],
)
def test_embeddings_are_answers_without_choices(dialect: Dialect, body: Any, cut: Cut) -> None:
    for content_type in (JSON, None, NDJSON, SSE):
        reader = reader_for(dialect, content_type, None, 200)
        for number, chunk in enumerate(cut(json.dumps(body).encode())):
            reader.feed(chunk, float(number))
        reading = reader.finish(None)
        assert (verdict(reading), reading.streamed) == ((Outcome.OK, None), False)
        assert reading.answer == Answer(choices=(), embeddings=Embeddings(count=1, dimensions=2))
        assert (reading.usage.input_tokens, reading.usage.output_tokens, reading.first_content_s) == (3, None, 0.0)


def test_no_embeddings_are_no_content() -> None:
    reader = reader_for(Dialect.OPENAI_EMBEDDINGS, JSON, None, 200)
    reader.feed(b'{"data":[]}', 0.0)
    assert reader.finish(None).first_content_s is None


@pytest.mark.parametrize("dialect", [Dialect.OLLAMA_CHAT, Dialect.OLLAMA_GENERATE])
def test_ct_19_ollama_streams_as_json_of_any_type_and_without_a_last_line_end(dialect: Dialect, cut: Cut) -> None:
    [script] = [script for script in SCRIPTS if script.dialect is dialect]
    for content_type in (NDJSON, "application/json; charset=utf-8", ""):
        reading = read(script, cut(script.stream[:-1]), content_type=content_type)
        assert (verdict(reading), reading.streamed, reading.answer) == ((Outcome.OK, None), True, script.answer)


# ── anything ──

PARTS = st.binary(max_size=30) | st.sampled_from(
    [
        b"data: ",
        b"event: response.completed\n",
        b"\n\n",
        b"\r",
        b"[",
        b"]",
        b"{",
        b"}",
        b'"',
        b'{"choices":[{"delta":{"content":"\\ud83d"}}]}',
        b'{"type":"response.output_item.done","item":{"type":"message","content":[{"text":"a"}]}}',
        b'{"message":{"content":"a"},"done":false}\n',
        b'{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}',
        b'{"model":"\\ud83d","done_reason":"\\ud83d","done":true}\n',
        b"[DONE]",
    ]
)


def texts_in(value: Any) -> Iterator[str]:
    """Every text of a reading, however deep."""
    value = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        yield from texts_in(inner)


def check_storable(reading: Reading) -> None:
    """Its texts are real Unicode: a store takes no others."""
    for text in texts_in(reading):
        text.encode()


@pytest.mark.parametrize("dialect", DIALECTS)
@given(
    chunks=st.lists(PARTS, max_size=12),
    content_type=st.sampled_from([SSE, JSON, NDJSON, "", None]),
    status=st.sampled_from([200, 200, 302, 500]),
    transport=st.sampled_from([None, "reset"]),
)
@settings(max_examples=60)
def test_arbitrary_bytes_never_raise_and_cuts_do_not_matter(
    dialect: Dialect, chunks: list[bytes], content_type: str | None, status: int, transport: str | None
) -> None:
    readings = []
    body = b"".join(chunks)
    for cut_chunks in (chunks, [body[i : i + 1] for i in range(len(body))], [body]):
        reader = reader_for(dialect, content_type, None, status, ReadingLimits(body_bytes=200, event_bytes=80))
        for chunk in cut_chunks:
            reader.feed(chunk, 1.0)
        readings.append(reader.finish(transport))
    first, *others = readings
    for other in others:
        assert (verdict(other), other.answer, other.usage, other.body) == (
            verdict(first),
            first.answer,
            first.usage,
            first.body,
        )
    check_storable(first)
    assert first.usage == NO_USAGE or first.usage.source is UsageSource.REPORTED


@pytest.mark.parametrize("dialect", DIALECTS)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    sorted(
                        {
                            "choices",
                            "delta",
                            "message",
                            "content",
                            "type",
                            "text",
                            "item",
                            "output",
                            "output_index",
                            "response",
                            "error",
                            "usage",
                            "candidates",
                            "parts",
                            "functionCall",
                            "index",
                            "tool_calls",
                            "function",
                            "done",
                            "data",
                            "embedding",
                            "embeddings",
                            "status",
                            "input_tokens",
                            "promptFeedback",
                            "usageMetadata",
                            "summary",
                            "refusal",
                            "content_block",
                            "name",
                        }
                    )
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
@settings(max_examples=60)
def test_arbitrary_json_under_known_names_never_raises(dialect: Dialect, value: Any) -> None:
    data = json.dumps(value).encode()
    for content_type, body in (
        (JSON, data),
        (JSON, b"[" + data + b"]"),
        (NDJSON, data + b"\n" + data),
        (SSE, b"data: " + data + b"\n\nevent: message_start\ndata: " + data + b"\n\n"),
    ):
        reader = reader_for(dialect, content_type, None, 200)
        reader.feed(body, 1.0)
        check_storable(reader.finish(None))
