"""Our readers against the vendors' SDKs: the same recorded bytes through both, and what they make of them compared.

The SDK's own client is driven over a mock transport, so that its decoding, its event stream reader, its models and its
accumulator all take part. Where we differ on purpose, the exchange and the reason are listed here and checked too.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState

from shadowbench.records import Dialect, Outcome
from shadowbench.wire.reading import Reading
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

CHAT_PROVIDERS = frozenset({"openai", "azure-openai", "groq", "mistral", "deepseek", "together"})

# How many exchanges of each kind the file holds: what is compared below has to add up to these.
CHAT_COUNTS = {"whole": 255, "stream": 107, "status": 3, "error in 200": 1}
MESSAGES_COUNTS = {"whole": 23, "stream": 47}

pytestmark = needs_exchanges


def chat_records() -> list[Record]:
    return [row for row in records("chat.completions") if row["provider"] in CHAT_PROVIDERS]


# ── OpenAI chat ──


def sdk_chat(record: Record) -> Any:
    """What the SDK yields: a ChatCompletion, or the accumulated snapshot of one. Raises what the SDK raises."""
    client = openai.OpenAI(
        api_key="none", base_url="http://sdk.test/v1", http_client=sdk_transport(record), max_retries=0
    )
    with client:
        if not is_stream(record):
            return client.chat.completions.create(model="m", messages=[])
        state = ChatCompletionStreamState()
        for chunk in client.chat.completions.create(model="m", messages=[], stream=True):
            state.handle_chunk(chunk)
        return state.current_completion_snapshot


def facts_of_chat(completion: Any) -> Facts:
    """An SDK completion in the terms of our readings."""
    usage = completion.usage
    details_in = usage and usage.prompt_tokens_details
    details_out = usage and usage.completion_tokens_details
    return without_absent(
        {
            "model": completion.model or None,
            "id": completion.id or None,
            "fingerprint": completion.system_fingerprint or None,
            "choices": [facts_of_sdk_choice(choice) for choice in completion.choices],
            "input": usage and usage.prompt_tokens,
            "output": usage and usage.completion_tokens,
            "cached": details_in and details_in.cached_tokens,
            "reasoning_tokens": details_out and details_out.reasoning_tokens,
        }
    )


def facts_of_sdk_choice(choice: Any) -> Facts:
    message = choice.message
    if message is None:  # Azure, when its filter took the answer away
        return {"index": choice.index, "finish": choice.finish_reason, "calls": []}
    extra = message.model_extra or {}
    calls = [
        (call.id, "function", call.function.name, call.function.arguments or "")
        for call in message.tool_calls or []
        if call.type == "function"
    ]
    legacy = getattr(message, "function_call", None)
    if legacy:
        calls.append((None, "legacy_function", legacy.name, legacy.arguments))
    return without_absent(
        {
            "index": choice.index,
            "text": message.content,
            "refusal": message.refusal,
            "reasoning": extra.get("reasoning_content") or extra.get("reasoning"),
            "finish": choice.finish_reason,
            "calls": calls,
        }
    )


def chunks_of(record: Record) -> list[Any]:
    """The JSON of every event, found without our decoder."""
    lines = [
        line.removeprefix("data: ") for line in record["response"]["text"].split("\n") if line.startswith("data: ")
    ]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def azure_opening(record: Record) -> Facts:
    """Azure opens with prompt filter results, whose id and model are ""; the SDK keeps those."""
    first, *_, last = chunks_of(record)
    assert (first["id"], first["model"], first["choices"]) == ("", "", [])
    return {"id": last["id"], "model": last["model"]}


def groq_usage(record: Record) -> Facts:
    """Groq reports usage in `x_groq` when it was not asked for; the SDK knows nothing of that."""
    usage = chunks_of(record)[-1]["x_groq"]["usage"]
    return {"input": usage["prompt_tokens"], "output": usage["completion_tokens"]}


def early_fingerprint(record: Record) -> Facts:
    """The last chunk has no fingerprint while earlier ones do; the SDK keeps the last chunk's."""
    fingerprints = [chunk.get("system_fingerprint") for chunk in chunks_of(record)]
    assert not fingerprints[-1]
    return {"fingerprint": next(filter(None, fingerprints))}


def repeated_name(record: Record) -> Facts:
    """Every fragment of a call repeats its id and name; the SDK strings them together to `llm_versionllm_version`."""
    call = ("0", "function", "llm_version", "{}")
    assert record["response"]["text"].count('"name":"llm_version"') == 2
    return {"choices": [{"index": 0, "text": "", "calls": [call]}]}


# Where we differ on purpose: what we say instead of what the SDK says, worked out from the recorded events.
DIFFERENCES: dict[Callable[[Record], Facts], list[str]] = {
    azure_opening: [f"x{n:05}" for n in (*range(295, 305), *range(317, 327))],
    groq_usage: ["x00124"],
    early_fingerprint: ["x00831", "x00833"],
    repeated_name: ["x00830"],
}
OURS = {id_: ours for ours, ids in DIFFERENCES.items() for id_ in ids}


def check_chat(record: Record) -> str:
    """Compare one chat exchange; the kind it was."""
    reading = check_cuts_agree(readings(record, Dialect.OPENAI_CHAT))
    if record["status"] >= 400:
        return check_error_status(record, reading, sdk_chat, openai.APIStatusError)
    theirs = sdk_chat(record)
    if theirs.choices is None:  # the SDK makes a completion without choices of an error; we call it one
        assert (reading.outcome, reading.answer) == (Outcome.STREAM_ERROR, None)
        error = theirs.model_extra["error"]
        assert (reading.error_type, reading.error_message) == (error["type"] or error["code"], error["message"])
        return "error in 200"
    assert (reading.outcome, reading.reason, reading.streamed) == (Outcome.OK, None, is_stream(record))
    expected = facts_of_chat(theirs)
    if record["id"] in OURS:
        ours = OURS[record["id"]](record)
        assert all(expected.get(name) != value for name, value in ours.items()), "no difference any more"
        expected |= ours
    assert facts_of_reading(reading) == expected
    return "stream" if is_stream(record) else "whole"


def check_error_status(record: Record, reading: Reading, call: Callable[[Record], Any], error: type[Exception]) -> str:
    with pytest.raises(error) as raised:
        call(record)
    said: Any = raised.value
    assert (reading.outcome, reading.reason) == (Outcome.HTTP_ERROR, f"status_{said.status_code}")
    assert (reading.error_type, reading.error_message) == (said.body["type"], said.body["message"])
    assert reading.answer is None
    return "status"


def test_every_chat_exchange_reads_as_the_openai_sdk_reads_it() -> None:
    assert Counter(check_chat(record) for record in chat_records()) == CHAT_COUNTS


def test_every_listed_difference_is_an_exchange_of_the_file() -> None:
    assert OURS.keys() <= {record["id"] for record in chat_records()}


# ── Anthropic messages ──


def sdk_message(record: Record) -> Any:
    """What the SDK yields: a Message, or the final one of a stream."""
    client = anthropic.Anthropic(
        api_key="none", base_url="http://sdk.test", http_client=sdk_transport(record), max_retries=0
    )
    request: Any = {"model": "m", "max_tokens": 1, "messages": []}
    with client:
        if not is_stream(record):
            return client.messages.create(**request)
        with client.messages.stream(**request) as stream:
            return stream.get_final_message()


def facts_of_message(message: Any) -> Facts:
    """An SDK message in the terms of our readings."""
    texts = [block.text for block in message.content if block.type == "text"]
    thoughts = [block.thinking for block in message.content if block.type == "thinking"]
    kinds = {"tool_use": "function", "server_tool_use": "server"}
    usage = message.usage
    details = getattr(usage, "output_tokens_details", None)
    parts = (usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens)
    choice = {
        "index": 0,
        "text": "".join(texts) if texts else None,
        "reasoning": "".join(thoughts) if thoughts else None,
        "finish": message.stop_reason,
        "calls": [(b.id, kinds[b.type], b.name, b.input) for b in message.content if b.type in kinds],
    }
    return without_absent(
        {
            "model": message.model,
            "id": message.id,
            "choices": [without_absent(choice)],
            "input": sum(part or 0 for part in parts),
            "output": usage.output_tokens,
            "cached": usage.cache_read_input_tokens,
            "written": usage.cache_creation_input_tokens,
            "reasoning_tokens": details and details.thinking_tokens,
        }
    )


def with_parsed_arguments(facts: Facts) -> Facts:
    """The SDK gives parsed input where we keep the text."""
    for choice in facts["choices"]:
        choice["calls"] = [(id_, kind, name, json.loads(text)) for id_, kind, name, text in choice["calls"]]
    return facts


def check_message(record: Record) -> str:
    """Compare one messages exchange; the kind it was."""
    reading = check_cuts_agree(readings(record, Dialect.ANTHROPIC_MESSAGES))
    assert (reading.outcome, reading.reason, reading.streamed) == (Outcome.OK, None, is_stream(record))
    assert with_parsed_arguments(facts_of_reading(reading)) == facts_of_message(sdk_message(record))
    return "stream" if is_stream(record) else "whole"


def test_every_messages_exchange_reads_as_the_anthropic_sdk_reads_it() -> None:
    assert Counter(map(check_message, records("anthropic.messages"))) == MESSAGES_COUNTS


# ── Cut short ──


@pytest.mark.parametrize(
    ("dialect", "endpoint"),
    [(Dialect.OPENAI_CHAT, "chat.completions"), (Dialect.ANTHROPIC_MESSAGES, "anthropic.messages")],
)
def test_a_recorded_stream_cut_anywhere_before_its_end_mark_is_truncated_and_its_text_a_prefix(
    dialect: Dialect, endpoint: str
) -> None:
    chance = random.Random(SEED)
    streams = [r for r in records(endpoint) if is_stream(r) and "content-encoding" not in wire_bytes(r)[1]]
    for record in streams:
        body, _ = wire_bytes(record)
        end_mark = body.rindex(b"data: [DONE]" if dialect is Dialect.OPENAI_CHAT else b"event: message_stop")
        whole = read(record, dialect, 4096).answer
        cut = read(record, dialect, 4096, body[: chance.randrange(end_mark)])
        assert (cut.outcome, cut.reason) == (Outcome.TRUNCATED, "no_end_mark")
        assert whole is not None
        assert (whole.first.text or "").startswith((cut.answer.first.text if cut.answer else None) or "")
    assert len(streams) >= 40
