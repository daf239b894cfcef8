"""Our readers of responses, completions and embeddings against OpenAI's SDK: the same recorded bytes through both."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import openai
import pytest

from shadowbench.records import NO_USAGE, Dialect, Outcome
from shadowbench.wire import openai_embeddings
from tests.contract.recorded import (
    SEED,
    Facts,
    Record,
    check_cuts_agree,
    facts_of_reading,
    is_stream,
    needs_exchanges,
    read,
    readings,
    records,
    sdk_transport,
    wire_bytes,
    without_absent,
)

pytestmark = needs_exchanges

RESPONSES_COUNTS = {"whole": 45, "stream": 32}
COMPLETIONS_COUNTS = {"whole": 34, "stream": 15}
EMBEDDINGS_COUNTS = {"floats or base64": 19, "status": 1}

# Writer answers in shapes of its own: whole without a finish reason, streamed without choices or an end mark.
OF_COMPLETIONS = frozenset({"openai", "together"})
OF_EMBEDDINGS = frozenset({"openai", "azure-openai", "mistral", "voyage"})


def client(record: Record) -> openai.OpenAI:
    return openai.OpenAI(
        api_key="none", base_url="http://sdk.test/v1", http_client=sdk_transport(record), max_retries=0
    )


# ── Responses ──


def sdk_response(record: Record) -> Any:
    """What the SDK yields: a Response, or the final one of its stream accumulator."""
    with client(record) as sdk:
        if not is_stream(record):
            return sdk.responses.create(model="m", input="")
        with sdk.responses.stream(model="m", input="") as stream:
            return stream.get_final_response()


def facts_of_response(response: Any) -> Facts:
    """An SDK response in the terms of our readings."""
    texts = [p.text for item in response.output if item.type == "message" for p in item.content]
    thoughts = [p.text for item in response.output if item.type == "reasoning" for p in item.summary]
    calls = [
        (item.call_id, "function", item.name, item.arguments)
        for item in response.output
        if item.type == "function_call"
    ]
    searches = [
        (item.id, "server", "web_search", item.action.to_dict())
        for item in response.output
        if item.type == "web_search_call"
    ]
    usage = response.usage
    choice = {
        "index": 0,
        "text": response.output_text if texts else None,
        "reasoning": "\n\n".join(thoughts) if thoughts else None,
        "finish": response.status,
        "calls": calls + searches,
    }
    return without_absent(
        {
            "model": response.model,
            "id": response.id,
            "choices": [without_absent(choice)],
            "input": usage.input_tokens,
            "output": usage.output_tokens,
            "cached": usage.input_tokens_details.cached_tokens,
            "written": getattr(usage.input_tokens_details, "cache_write_tokens", None),
            "reasoning_tokens": usage.output_tokens_details.reasoning_tokens,
        }
    )


def with_parsed_searches(facts: Facts) -> Facts:
    for choice in facts["choices"]:
        choice["calls"] = [
            (id_, kind, name, json.loads(text) if kind == "server" else text)
            for id_, kind, name, text in choice["calls"]
        ]
    return facts


def check_response(record: Record) -> str:
    reading = check_cuts_agree(readings(record, Dialect.OPENAI_RESPONSES))
    assert (reading.outcome, reading.reason, reading.streamed) == (Outcome.OK, None, is_stream(record))
    assert with_parsed_searches(facts_of_reading(reading)) == facts_of_response(sdk_response(record))
    return "stream" if is_stream(record) else "whole"


def test_ct_37_every_response_reads_as_the_openai_sdk_reads_it() -> None:
    assert Counter(map(check_response, records("responses"))) == RESPONSES_COUNTS


def test_what_the_deltas_of_a_response_add_up_to_is_what_its_last_event_says() -> None:
    streams = [record for record in records("responses") if is_stream(record)]
    for record in streams:
        body, _ = wire_bytes(record)
        before_end = read(record, Dialect.OPENAI_RESPONSES, 4096, body[: body.rindex(b"event: response.completed")])
        whole = read(record, Dialect.OPENAI_RESPONSES, 4096)
        assert before_end.answer is not None
        assert whole.answer is not None
        grown, told = before_end.answer.first, whole.answer.first
        assert (grown.text, grown.tool_calls) == (told.text, told.tool_calls)
    assert len(streams) == RESPONSES_COUNTS["stream"]


# ── Completions ──


def sdk_completion(record: Record) -> Any:
    """What the SDK yields: a Completion, or the chunks of one. It has no accumulator for these."""
    with client(record) as sdk:
        if not is_stream(record):
            return sdk.completions.create(model="m", prompt="")
        return list(sdk.completions.create(model="m", prompt="", stream=True))


def facts_of_completion(completions: list[Any]) -> Facts:
    """SDK chunks, or the one that a whole answer is, in the terms of our readings."""
    texts: dict[int, str] = {}
    finishes: dict[int, str] = {}
    for choice in (choice for completion in completions for choice in completion.choices):
        texts[choice.index] = texts.get(choice.index, "") + choice.text
        finishes[choice.index] = choice.finish_reason
    usage = completions[-1].usage
    return without_absent(
        {
            "model": completions[0].model,
            "id": completions[0].id,
            "fingerprint": completions[-1].system_fingerprint,
            "choices": [
                without_absent({"index": index, "text": texts[index], "finish": finishes[index], "calls": []})
                for index in sorted(texts)
            ],
            "input": usage and usage.prompt_tokens,
            "output": usage and usage.completion_tokens,
        }
    )


def check_completion(record: Record) -> str:
    reading = check_cuts_agree(readings(record, Dialect.OPENAI_COMPLETIONS))
    assert (reading.outcome, reading.reason, reading.streamed) == (Outcome.OK, None, is_stream(record))
    theirs = sdk_completion(record)
    assert facts_of_reading(reading) == facts_of_completion(theirs if is_stream(record) else [theirs])
    return "stream" if is_stream(record) else "whole"


def test_every_completion_reads_as_the_openai_sdk_reads_it() -> None:
    ours = [record for record in records("completions") if record["provider"] in OF_COMPLETIONS]
    assert Counter(map(check_completion, ours)) == COMPLETIONS_COUNTS


def test_streams_of_another_shape_are_not_taken_for_completions() -> None:
    [record] = [r for r in records("completions") if r["provider"] == "writer" and is_stream(r)]
    reading = read(record, Dialect.OPENAI_COMPLETIONS, 64)
    assert (reading.outcome, reading.reason, reading.usage) == (Outcome.TRUNCATED, "no_end_mark", NO_USAGE)


# ── Embeddings ──


def check_embeddings(record: Record) -> str:
    reading = check_cuts_agree([read(record, Dialect.OPENAI_EMBEDDINGS, longest) for longest in (1 << 30, 4096, 64)])
    with client(record) as sdk:
        if record["status"] >= 400:
            with pytest.raises(openai.APIStatusError):
                sdk.embeddings.create(model="m", input="")
            assert reading.outcome is Outcome.HTTP_ERROR
            return "status"
        theirs = sdk.embeddings.create(model="m", input="")  # asks for base64, and decodes it
    assert (reading.outcome, reading.reason, reading.streamed) == (Outcome.OK, None, False)
    assert reading.answer is not None
    assert reading.answer.choices == ()
    shape = reading.answer.embeddings
    assert shape is not None
    assert (shape.count, shape.dimensions) == (len(theirs.data), len(theirs.data[0].embedding))
    assert reading.reported_model == theirs.model
    prompt_tokens = getattr(theirs.usage, "prompt_tokens", None)  # Voyage gives a total only
    assert reading.usage.input_tokens == (theirs.usage.total_tokens if prompt_tokens is None else prompt_tokens)
    assert openai_embeddings.vectors_of(reading.body) == [entry.embedding for entry in theirs.data]
    return "floats or base64"


def test_every_embeddings_answer_has_the_shape_and_the_vectors_that_the_openai_sdk_finds() -> None:
    ours = [record for record in records("embeddings") if record["provider"] in OF_EMBEDDINGS]
    assert Counter(map(check_embeddings, ours)) == EMBEDDINGS_COUNTS


# ── Cut short ──


@pytest.mark.parametrize(
    ("dialect", "endpoint", "mark"),
    [
        (Dialect.OPENAI_RESPONSES, "responses", b"event: response.completed"),
        (Dialect.OPENAI_COMPLETIONS, "completions", b"data: [DONE]"),
    ],
)
def test_ct_12_a_recorded_stream_cut_before_its_end_mark_is_truncated_and_its_text_a_prefix(
    dialect: Dialect, endpoint: str, mark: bytes
) -> None:
    chance = random.Random(SEED)
    streams = [r for r in records(endpoint) if is_stream(r) and mark in wire_bytes(r)[0]]
    for record in streams:
        body, _ = wire_bytes(record)
        whole = read(record, dialect, 4096).answer
        cut = read(record, dialect, 4096, body[: chance.randrange(body.rindex(mark))])
        assert (cut.outcome, cut.reason) == (Outcome.TRUNCATED, "no_end_mark")
        assert cut.usage == NO_USAGE  # CT-28
        assert whole is not None
        assert (whole.first.text or "").startswith((cut.answer.first.text if cut.answer else None) or "")
    assert len(streams) >= 15
