"""Exchanges as rows of the pair log, and back. Pure; the columns' order is that of `sql/pair_log.sql`.

What goes in comes out equal, with exceptions that SQLite and JSON force: lone surrogates in short words (a model name, a
reason; not in answers and headers) become U+FFFD, integers beyond 64 bits become absent (`storable`, a slow path), and two
surrogates that make a character, streamed apart, become that character.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import orjson

from shadowbench.records import (
    Answer,
    Attempt,
    CandidateResult,
    Choice,
    Cost,
    Dialect,
    Embeddings,
    Exchange,
    Observation,
    Outcome,
    Timing,
    ToolCall,
    Usage,
    UsageSource,
)

Row = tuple[Any, ...]
Stored = str | bytes | None
"""A body as a column holds it: see `encode_body`."""

_EXCHANGE = (
    "id",
    "started_at",
    "method",
    "path",
    "dialect._value_",
    "request_id",
    "cluster_key",
    "tenant_key",
    "user_key",
    "stratum",
    "epoch",
    "sequence",
    "policy_version",
    "config_hash",
)
_OBSERVATION = (
    "endpoint",
    "outcome._value_",
    "reason",
    "status",
    "streamed",
    "error_type",
    "requested_model",
    "reported_model",
    "fingerprint",
    "provider_request_id",
    "usage.source._value_",
    "usage.input_tokens",
    "usage.output_tokens",
    "usage.cached_input_tokens",
    "usage.cache_write_tokens",
    "usage.reasoning_tokens",
    "timing.queue_s",
    "timing.connect_s",
    "timing.head_s",
    "timing.first_byte_s",
    "timing.first_content_s",
    "timing.last_byte_s",
    "timing.content_chunks",
    "timing.gap_p50_s",
    "timing.gap_p95_s",
    "timing.gap_max_s",
    "timing.paused_s",
    "timing.loop_lag_s",
    "response_bytes",
    "body_truncated",
    "dialect._value_",
)
_ATTEMPT = ("reason", "status", "started_s", "duration_s", "cost_usd")

# attrgetter runs in C; `_value_` skips the descriptor behind an enum's `value`. This is most of the cost of an append.
_exchange_columns: Callable[[Exchange], Row] = attrgetter(*_EXCHANGE)
_observation_columns: Callable[[Observation], Row] = attrgetter(*_OBSERVATION)
_attempt_columns: Callable[[Attempt], Row] = attrgetter(*_ATTEMPT)

PRICE = 7
"""The place of a price in a row of `Rows.observations`: its text here, its number in the log."""
STREAMED, BODY_TRUNCATED = [9 + _OBSERVATION.index(name) for name in ("streamed", "body_truncated")]
"""The places of what is true or false in a row of `Rows.observations`; behind nine columns that are put before."""

_NOT_PRICED = Cost(usd=None, reason=None)
"""How no cost is stored: a cost has an amount or a reason."""


@dataclass(slots=True)
class Rows:
    """The rows of one batch, by table."""

    exchanges: list[Row] = field(default_factory=list)
    prices: set[Row] = field(default_factory=set)
    observations: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    responses: list[Row] = field(default_factory=list)


def rows_of(exchanges: Iterable[Exchange], first_number: int) -> Rows:
    """The batch as rows; exchanges get consecutive numbers from `first_number`."""
    rows = Rows()
    for number, exchange in enumerate(exchanges, first_number):
        body = exchange.request_body
        size = None if body is None else len(body)
        redactions = orjson.dumps(dict(exchange.redactions)).decode() if exchange.redactions else None
        rows.exchanges.append((number, *_exchange_columns(exchange), size, redactions))
        if body is not None or exchange.request_headers:
            rows.requests.append((number, encode_headers(exchange.request_headers), encode_body(body)))
        _add_observation(rows, number, 0, exchange.production, None, None)
        for side, result in enumerate(exchange.candidates, 1):
            _add_observation(rows, number, side, result.observation, result.inclusion_probability, result.config_hash)
    return rows


def _add_observation(
    rows: Rows, number: int, side: int, seen: Observation, probability: float | None, config_hash: str | None
) -> None:
    answer = seen.answer
    finish_reason = answer.choices[0].finish_reason if answer and answer.choices else None
    cost = seen.cost or _NOT_PRICED
    if cost.price is not None:
        rows.prices.add((cost.price,))
    rows.observations.append(
        (number, side, probability, config_hash, finish_reason, cost.usd, cost.reason, cost.price, len(seen.attempts),
         *_observation_columns(seen))
    )  # fmt: skip
    for place, tried in enumerate(seen.attempts, 1):
        rows.attempts.append((number, side, place, *_attempt_columns(tried)))
    if answer is not None or seen.body is not None or seen.error_message is not None:
        text = None if answer is None else encode_answer(answer)
        rows.responses.append((number, side, seen.error_message, text, encode_body(seen.body)))


def exchange_of(
    row: Row,
    sides: Sequence[Row],
    request: tuple[str, Stored] | None = None,
    bodies: Mapping[int, Stored] = MappingProxyType({}),
    attempts: Sequence[Row] = (),
) -> Exchange:
    """One exchange from its rows: `page_of_exchanges`, `observations_of_exchange`, and what else there is and is wanted."""
    headers, body = request or ("[]", None)
    seen = [_observation_of(side, bodies.get(side[0]), attempts) for side in sides]
    *columns, redactions = row[1:]
    return Exchange(
        **dict(zip(_names(_EXCHANGE), columns, strict=True)) | {"dialect": Dialect(row[5])},
        redactions=() if redactions is None else tuple(orjson.loads(redactions).items()),
        request_body=decode_body(body),
        request_headers=decode_headers(headers),
        production=seen[0],
        candidates=tuple(
            CandidateResult(observation=observation, inclusion_probability=side[1], config_hash=side[2])
            for observation, side in zip(seen[1:], sides[1:], strict=True)
        ),
    )


def _names(paths: Sequence[str]) -> list[str]:
    return [path.removesuffix("._value_") for path in paths]


def has_attempts(side: Row) -> bool:
    """Whether this row of `observations_of_exchange` has rows in `attempts_of_exchange`."""
    return bool(side[8])


def _observation_of(row: Row, body: Stored, attempts: Sequence[Row]) -> Observation:
    error_message, answer, usd, cost_reason, price = row[3:8]
    endpoint, outcome, reason, status, streamed, error_type, *rest = row[9:]
    requested_model, reported_model, fingerprint, provider_request_id, source, *rest = rest
    tokens, timing = rest[: len(_USAGE)], rest[len(_USAGE) : -3]
    response_bytes, body_truncated, dialect = rest[-3:]
    return Observation(
        endpoint=endpoint,
        outcome=Outcome(outcome),
        reason=reason,
        status=status,
        error_type=error_type,
        error_message=error_message,
        streamed=None if streamed is None else bool(streamed),
        answer=None if answer is None else decode_answer(answer),
        usage=Usage(source=UsageSource(source), **dict(zip(_USAGE, tokens, strict=True))),
        timing=Timing(**dict(zip(_TIMING, timing, strict=True))),
        requested_model=requested_model,
        reported_model=reported_model,
        fingerprint=fingerprint,
        provider_request_id=provider_request_id,
        response_bytes=response_bytes,
        body=decode_body(body),
        body_truncated=bool(body_truncated),
        dialect=Dialect.UNKNOWN if dialect is None else Dialect(dialect),
        cost=None if usd is None and cost_reason is None else Cost(usd=usd, reason=cost_reason, price=price),
        attempts=tuple(
            Attempt(**dict(zip(_ATTEMPT, tried[1:], strict=True))) for tried in attempts if tried[0] == row[0]
        ),
    )


_USAGE = [path.removeprefix("usage.") for path in _OBSERVATION if path.startswith("usage.") and "source" not in path]
_TIMING = [path.removeprefix("timing.") for path in _OBSERVATION if path.startswith("timing.")]


def encode_body(body: bytes | None) -> Stored:
    """Text where the bytes are UTF-8, so that every tool can show and query it; else the bytes as they are."""
    if body is None:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def decode_body(body: Stored) -> bytes | None:
    """The inverse of `encode_body`."""
    return body.encode() if isinstance(body, str) else body


def encode_answer(answer: Answer) -> str:
    """An answer as JSON. One with lone surrogates, which no SQL tool can read, is kept twice: readable, and `exact`."""
    shape = {} if answer.embeddings is None else {"embeddings": answer.embeddings}
    try:
        return orjson.dumps({"choices": answer.choices, **shape}).decode()
    except TypeError:
        choices = [_choice_as_json(choice) for choice in answer.choices]
        exact = json.dumps(choices, separators=(",", ":"))
        return orjson.dumps({"choices": _readable(choices), **shape, "exact": exact}).decode()


def _choice_as_json(choice: Choice) -> dict[str, Any]:
    members = {name: getattr(choice, name) for name in Choice.__slots__}
    calls = [{name: getattr(call, name) for name in ToolCall.__slots__} for call in choice.tool_calls]
    return members | {"tool_calls": calls}


def decode_answer(text: str) -> Answer:
    """The inverse of `encode_answer`."""
    document = orjson.loads(text)
    choices = json.loads(document["exact"]) if "exact" in document else document["choices"]
    shape = document.get("embeddings")
    return Answer(
        choices=tuple(_choice_of(choice) for choice in choices),
        embeddings=None if shape is None else Embeddings(**shape),
    )


def _choice_of(members: dict[str, Any]) -> Choice:
    calls = tuple(ToolCall(**call) for call in members["tool_calls"])
    return Choice(**members | {"tool_calls": calls})


def encode_headers(headers: tuple[tuple[str, str], ...]) -> str:
    """Headers as a JSON array of pairs; lone surrogates stay as escapes, which JSON allows."""
    try:
        return orjson.dumps(headers).decode()
    except TypeError:
        return json.dumps(headers, separators=(",", ":"))


def decode_headers(text: str) -> tuple[tuple[str, str], ...]:
    """The inverse of `encode_headers`."""
    return tuple((name, value) for name, value in json.loads(text))


def storable(rows: Rows) -> Rows:
    """The same rows with every value made fit for SQLite. Slow; for the rare batch that was refused as it is."""
    return Rows(
        exchanges=[tuple(map(_fit, row)) for row in rows.exchanges],
        prices={tuple(map(_fit, row)) for row in rows.prices},
        observations=[tuple(map(_fit, row)) for row in rows.observations],
        attempts=[tuple(map(_fit, row)) for row in rows.attempts],
        requests=[tuple(map(_fit, row)) for row in rows.requests],
        responses=[tuple(map(_fit, row)) for row in rows.responses],
    )


def _fit(value: Any) -> Any:
    if isinstance(value, str):
        return _readable(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return None
    return value


def _readable(value: Any) -> Any:
    """JSON-like data with U+FFFD for each lone surrogate."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_readable(member) for member in value]
    if isinstance(value, dict):
        return {name: _readable(member) for name, member in value.items()}
    return value
