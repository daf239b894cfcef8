"""The recorded exchanges, read by us in every way of cutting, and given to vendors' SDKs over a mock transport."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shadowbench.records import Choice, Dialect, Usage
from shadowbench.wire.reading import Reading, reader_for

try:  # the library that the SDKs speak HTTP with, by version
    import httpx2 as sdk_http
except ImportError:
    import httpx as sdk_http  # type: ignore[no-redef]

EXCHANGES = Path(__file__).parents[2] / ".." / "shared" / "data" / "exchanges" / "exchanges_dev.jsonl"
SEED = 20251121

needs_exchanges = pytest.mark.skipif(
    not EXCHANGES.exists(), reason="needs ../shared/data/exchanges (recorded exchanges)"
)

Record = dict[str, Any]
Facts = dict[str, Any]

_CRUMBLED = 12_000  # bytes: the long ones are two thirds of all bytes, and repeat the same few events


def records(endpoint: str) -> list[Record]:
    with EXCHANGES.open() as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["endpoint"] == endpoint]


def wire_bytes(record: Record) -> tuple[bytes, dict[str, str]]:
    """The body as the socket gave it, and the headers that say how to read it."""
    response = record["response"]
    headers = {name.lower(): value for name, value in record["response_headers"]}
    kept = {name: headers[name] for name in ("content-type", "content-encoding") if name in headers}
    if "compressed_b64" in response:
        return base64.b64decode(response["compressed_b64"]), kept
    kept.pop("content-encoding", None)
    return response["text"].encode() if "text" in response else base64.b64decode(response["b64"]), kept


def is_stream(record: Record) -> bool:
    return wire_bytes(record)[1].get("content-type", "").startswith("text/event-stream")


def cuts(body: bytes, chance: random.Random, longest: int) -> Iterator[bytes]:
    position = 0
    while position < len(body):
        length = chance.randint(1, longest)
        yield body[position : position + length]
        position += length


def read(record: Record, dialect: Dialect, longest: int, body: bytes | None = None) -> Reading:
    wire, headers = wire_bytes(record)
    reader = reader_for(dialect, headers.get("content-type"), headers.get("content-encoding"), record["status"])
    chance = random.Random(f"{SEED}{record['id']}{longest}")
    for number, chunk in enumerate(cuts(wire if body is None else body, chance, longest)):
        reader.feed(chunk, float(number))
    return reader.finish(None)


def readings(record: Record, dialect: Dialect) -> list[Reading]:
    """The exchange read whole and in random cuts; byte by byte, too, unless it is longer than nine of ten."""
    crumbs = (7, 1) if len(wire_bytes(record)[0]) <= _CRUMBLED else ()
    return [read(record, dialect, longest) for longest in (1 << 30, 4096, 64, *crumbs)]


def check_cuts_agree(all_readings: list[Reading]) -> Reading:
    """Every way of cutting gives the same reading, but for the times."""
    first, *others = all_readings
    for other in others:
        for field in ("outcome", "reason", "error_type", "error_message", "answer", "usage", "reported_model", "body"):
            assert getattr(other, field) == getattr(first, field)
        assert (other.first_content_s is None) == (first.first_content_s is None)
    return first


def sdk_transport(record: Record) -> Any:
    wire, headers = wire_bytes(record)
    chance = random.Random(f"{SEED}{record['id']}")

    def respond(request: Any) -> Any:
        return sdk_http.Response(record["status"], headers=headers, content=cuts(wire, chance, 200))

    return sdk_http.Client(transport=sdk_http.MockTransport(respond))


def without_absent(facts: Facts) -> Facts:
    return {name: value for name, value in facts.items() if value is not None}


def facts_of_choice(choice: Choice) -> Facts:
    return without_absent(
        {
            "index": choice.index,
            "text": choice.text,
            "refusal": choice.refusal,
            "reasoning": choice.reasoning,
            "finish": choice.finish_reason,
            "calls": [(call.id, call.kind, call.name, call.arguments) for call in choice.tool_calls],
        }
    )


def facts_of_usage(usage: Usage) -> Facts:
    return {
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cached": usage.cached_input_tokens,
        "written": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def facts_of_reading(reading: Reading) -> Facts:
    assert reading.answer is not None
    return without_absent(
        {
            "model": reading.reported_model,
            "id": reading.response_id,
            "fingerprint": reading.fingerprint,
            "choices": [facts_of_choice(choice) for choice in reading.answer.choices],
        }
        | facts_of_usage(reading.usage)
    )
