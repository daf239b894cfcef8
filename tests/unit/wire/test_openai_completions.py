"""OpenAI text completions as transcripts. What they share with chat is tested there."""

import json
from typing import Any

import pytest

from shadowbench.records import NO_USAGE, Answer, Choice, Usage, UsageSource
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.openai_completions import StreamReader, parse_body
from shadowbench.wire.sse import SseEvent

DONE = SseEvent(b"[DONE]")
USAGE = {"prompt_tokens": 3, "completion_tokens": 2}


def piece(text: Any, index: Any = 0, finish: str | None = None) -> dict[str, Any]:
    return {"id": "cmpl", "model": "m", "choices": [{"index": index, "text": text, "finish_reason": finish}]}


def stream(*values: Any) -> Parsed:
    reader = StreamReader()
    for value in values:
        reader.feed(value if isinstance(value, SseEvent) else SseEvent(json.dumps(value).encode()))
    return reader.finish()


def test_an_ordinary_stream_and_the_same_answer_whole() -> None:
    expected = Parsed(
        answer=Answer(choices=(Choice(text="Hello", finish_reason="stop"),)),
        usage=Usage(source=UsageSource.REPORTED, input_tokens=3, output_tokens=2),
        reported_model="m",
        response_id="cmpl",
        ended=True,
    )
    assert (
        stream(piece("Hel"), piece("lo"), piece("", finish="stop"), {"choices": [], "usage": USAGE}, DONE) == expected
    )
    assert parse_body(json.dumps(piece("Hello", finish="stop") | {"usage": USAGE}).encode()) == expected


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([piece("a"), {"choices": [], "usage": USAGE}], id="CT-22 without choices"),
        pytest.param([piece("a") | {"usage": None}, {"choices": [], "usage": USAGE}], id="CT-23 null before"),
        pytest.param([piece("a") | {"usage": USAGE}], id="CT-24 with choices"),
        pytest.param([piece("a"), piece("", finish="stop") | {"usage": USAGE}], id="CT-25 on the finish"),
        pytest.param([piece("a") | {"usage": {"completion_tokens": 0}}, {"usage": USAGE}], id="CT-26 the last counts"),
        pytest.param([piece("a"), {"choices": None, "usage": USAGE}], id="CT-27 choices null"),
    ],
)
def test_usage_is_found_wherever_servers_put_it(values: list[Any]) -> None:
    usage = stream(*values, DONE).usage
    assert (usage.input_tokens, usage.output_tokens) == (3, 2)


def test_ct_33_choices_come_interleaved() -> None:
    answer = stream(piece("c", 1), piece("a", 0, "stop"), piece("d", 1, "length"), DONE).answer
    assert answer == Answer(
        choices=(Choice(text="a", finish_reason="stop"), Choice(index=1, text="cd", finish_reason="length"))
    )


@pytest.mark.parametrize(("text", "carried"), [("a", True), ("", False), (None, False), (1, False)])
def test_ct_34_only_text_is_content(text: Any, carried: bool) -> None:
    assert StreamReader().feed(SseEvent(json.dumps(piece(text)).encode())) is carried


def test_ct_12_without_the_end_mark_it_has_not_ended_and_ct_28_has_no_usage() -> None:
    broken = stream(piece("a"))
    assert (broken.ended, broken.usage) == (False, NO_USAGE)


def test_ct_13_an_error_in_the_stream() -> None:
    failed = stream(piece("a"), {"error": {"type": "t", "message": "m"}}, piece("b"))
    assert (failed.error, failed.answer) == (
        ProviderError(type="t", message="m"),
        Answer(choices=(Choice(text="a"),)),
    )


@pytest.mark.parametrize(
    ("body", "reason"), [(b"x", "not_json"), (b"{}", "no_choices"), (b'{"choices":{}}', "no_choices")]
)
def test_bodies_that_are_no_completion_say_why(body: bytes, reason: str) -> None:
    assert parse_body(body).malformed == reason


@pytest.mark.parametrize("rubbish", [None, 1, -1, True, "x", [], {}, [None], [[1]]])
def test_rubbish_in_any_place_is_read_past(rubbish: Any) -> None:
    for name in ("id", "model", "choices", "usage", "system_fingerprint"):
        stream(piece("a") | {name: rubbish}, DONE)
        parse_body(json.dumps(piece("a") | {name: rubbish}).encode())
    for name in ("index", "text", "finish_reason"):
        stream({"choices": [rubbish, piece("a")["choices"][0] | {name: rubbish}]}, DONE)
