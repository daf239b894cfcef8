"""Our reader of Gemini against Google's SDK: the same recorded answers through both.

The streams were recorded as JSON arrays; the SDK asks for server-sent events, and gets them as those. We read both forms.
"""

from __future__ import annotations

import json
import random
from typing import Any

import httpx
import pytest

from shadowbench.records import Dialect, Outcome
from shadowbench.wire.reading import Reading, reader_for
from tests.contract.recorded import (
    SEED,
    Facts,
    Record,
    check_cuts_agree,
    cuts,
    facts_of_reading,
    needs_exchanges,
    read,
    readings,
    records,
    without_absent,
)

genai = pytest.importorskip("google.genai", reason="needs the google-genai package")

pytestmark = needs_exchanges


def streams() -> list[Record]:
    return records("gemini.streamGenerateContent")


def as_events(record: Record) -> bytes:
    chunks = json.loads(record["response"]["text"])
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks)


def sdk_answers(content: bytes, content_type: str, *, stream: bool) -> list[Any]:
    """What the SDK yields: the chunks of a stream, or the one whole answer. It has no accumulator."""
    chance = random.Random(f"{SEED}{len(content)}")

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": content_type}, content=cuts(content, chance, 200))

    http = httpx.Client(transport=httpx.MockTransport(respond))
    with genai.Client(api_key="none", http_options=genai.types.HttpOptions(httpx_client=http)) as sdk:
        if stream:
            return list(sdk.models.generate_content_stream(model="m", contents="x"))
        return [sdk.models.generate_content(model="m", contents="x")]


def facts_of_answers(answers: list[Any]) -> Facts:
    """The SDK's answers in the terms of our readings."""
    parts = [part for answer in answers for part in answer.candidates[0].content.parts or ()]
    texts = [part.text for part in parts if part.text is not None and not part.thought]
    thoughts = [part.text for part in parts if part.text is not None and part.thought]
    calls = [part.function_call for part in parts if part.function_call]
    usage = answers[-1].usage_metadata
    choice = {
        "index": 0,
        "text": "".join(texts) if texts else None,
        "reasoning": "".join(thoughts) if thoughts else None,
        "finish": answers[-1].candidates[0].finish_reason.value,
        "calls": [(call.id, "function", call.name, call.args) for call in calls],
    }
    return without_absent(
        {
            "model": answers[0].model_version,
            "id": answers[0].response_id,
            "choices": [without_absent(choice)],
            "input": usage.prompt_token_count,
            "output": usage.total_token_count - usage.prompt_token_count,
            "cached": usage.cached_content_token_count,
            "reasoning_tokens": usage.thoughts_token_count,
        }
    )


def facts_of(reading: Reading) -> Facts:
    facts = facts_of_reading(reading)
    for choice in facts["choices"]:
        choice["calls"] = [(id_, kind, name, json.loads(text)) for id_, kind, name, text in choice["calls"]]
    return facts


def test_every_stream_reads_as_the_google_sdk_reads_it_as_an_array_and_as_events() -> None:
    for record in streams():
        reading = check_cuts_agree(readings(record, Dialect.GEMINI))
        assert (reading.outcome, reading.reason, reading.streamed) == (Outcome.OK, None, True)
        expected = facts_of_answers(sdk_answers(as_events(record), "text/event-stream", stream=True))
        assert facts_of(reading) == expected

        reader = reader_for(Dialect.GEMINI, "text/event-stream", None, 200)
        reader.feed(as_events(record), 1.0)
        assert facts_of(reader.finish(None)) == expected
    assert len(streams()) == 15


def test_every_whole_answer_reads_as_the_google_sdk_reads_it() -> None:
    whole = records("gemini.generateContent")
    for record in whole:
        reading = check_cuts_agree(readings(record, Dialect.GEMINI))
        assert (reading.outcome, reading.streamed) == (Outcome.OK, False)
        text = record["response"]["text"].encode()
        assert facts_of(reading) == facts_of_answers(sdk_answers(text, "application/json", stream=False))
    assert len(whole) == 2


def test_ct_12_a_recorded_stream_cut_before_its_last_element_ends_is_truncated() -> None:
    chance = random.Random(SEED)
    for record in streams():
        body = record["response"]["text"].encode()
        plain = record | {"response": {"text": record["response"]["text"]}}
        cut_at = chance.randrange(1, body.rindex(b'"finishReason"'))
        reading = read(plain, Dialect.GEMINI, 4096, body[:cut_at])
        assert (reading.outcome, reading.streamed) == (Outcome.TRUNCATED, True)
