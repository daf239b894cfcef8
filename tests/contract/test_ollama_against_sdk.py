"""Our reader of Ollama's API against Ollama's own client: the same recorded bytes through both."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx
import pytest

from shadowbench.records import Dialect, Outcome
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
    wire_bytes,
    without_absent,
)

ollama = pytest.importorskip("ollama", reason="needs the ollama package")

pytestmark = needs_exchanges

KINDS = [
    pytest.param(Dialect.OLLAMA_CHAT, "ollama.chat", {"whole": 4, "stream": 2}, id="chat"),
    pytest.param(Dialect.OLLAMA_GENERATE, "ollama.generate", {"whole": 2, "stream": 3}, id="generate"),
]


def is_stream(record: Record) -> bool:
    return wire_bytes(record)[1]["content-type"] == "application/x-ndjson"


def sdk_answers(record: Record) -> list[Any]:
    """What the client yields: the lines of a stream, or the one whole answer. It has no accumulator."""
    wire, headers = wire_bytes(record)
    chance = random.Random(f"{SEED}{record['id']}")

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(record["status"], headers=headers, content=cuts(wire, chance, 200))

    client = ollama.Client(host="http://sdk.test", transport=httpx.MockTransport(respond))
    call = client.chat if record["endpoint"] == "ollama.chat" else client.generate
    return list(call(model="m", stream=True)) if is_stream(record) else [call(model="m")]


def facts_of_answers(answers: list[Any]) -> Facts:
    """The client's answers in the terms of our readings."""
    texts = [answer.message.content if hasattr(answer, "message") else answer.response for answer in answers]
    last = answers[-1]
    return without_absent(
        {
            "model": last.model,
            "choices": [without_absent({"index": 0, "text": "".join(texts), "finish": last.done_reason, "calls": []})],
            "input": last.prompt_eval_count,
            "output": last.eval_count,
        }
    )


@pytest.mark.parametrize(("dialect", "endpoint", "counts"), KINDS)
def test_ct_19_every_ollama_answer_reads_as_its_own_client_reads_it(
    dialect: Dialect, endpoint: str, counts: dict[str, int]
) -> None:
    seen = {"whole": 0, "stream": 0}
    for record in records(endpoint):
        reading = check_cuts_agree(readings(record, dialect))
        assert (reading.outcome, reading.reason, reading.streamed) == (Outcome.OK, None, is_stream(record))
        assert facts_of_reading(reading) == facts_of_answers(sdk_answers(record))
        seen["stream" if is_stream(record) else "whole"] += 1
    assert seen == counts


@pytest.mark.parametrize(("dialect", "endpoint", "counts"), KINDS)
def test_ct_12_a_recorded_stream_cut_before_its_last_line_is_truncated(
    dialect: Dialect, endpoint: str, counts: dict[str, int]
) -> None:
    chance = random.Random(SEED)
    streams = [record for record in records(endpoint) if is_stream(record)]
    for record in streams:
        body, _ = wire_bytes(record)
        last_line = body.rindex(b"\n", 0, len(body) - 1)
        assert json.loads(body[last_line:])["done"] is True
        for cut_at in (chance.randrange(1, last_line), last_line + 9, len(body) - 2):
            reading = read(record, dialect, 64, body[:cut_at])
            assert (reading.outcome, reading.reason) == (Outcome.TRUNCATED, "no_end_mark")
    assert len(streams) == counts["stream"]


def test_ct_13_an_error_in_a_line_is_an_error_for_both() -> None:
    [record, *_] = [record for record in records("ollama.chat") if is_stream(record)]
    body, _ = wire_bytes(record)
    failing = record | {"response": {"text": (body[: body.index(b"\n") + 1] + b'{"error":"out of memory"}\n').decode()}}
    with pytest.raises(ollama.ResponseError, match="out of memory"):
        sdk_answers(failing)
    reading = check_cuts_agree(readings(failing, Dialect.OLLAMA_CHAT))
    assert (reading.outcome, reading.reason) == (Outcome.STREAM_ERROR, "in_stream_error")
    assert reading.error_message == "out of memory"
