"""A pair as text for other programs: a JSON line with everything, or a CSV row with columns of the view `pairs`. Pure."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any

import orjson

from shadowbench.records import Exchange, Observation
from shadowbench.store.base import Pair
from shadowbench.store.rows import encode_answer, encode_body

_SIDES = (
    ("outcome", lambda seen: str(seen.outcome)),
    ("reason", lambda seen: seen.reason),
    ("status", lambda seen: seen.status),
    ("dialect", lambda seen: str(seen.dialect)),
    ("streamed", lambda seen: None if seen.streamed is None else int(seen.streamed)),
    ("requested_model", lambda seen: seen.requested_model),
    ("reported_model", lambda seen: seen.reported_model),
    ("fingerprint", lambda seen: seen.fingerprint),
    ("provider_request_id", lambda seen: seen.provider_request_id),
    ("finish_reason", lambda seen: seen.answer.first.finish_reason if seen.answer else None),
    ("latency_s", lambda seen: seen.timing.last_byte_s),
    ("ttft_s", lambda seen: seen.timing.first_content_s),
    ("gap_p95_s", lambda seen: seen.timing.gap_p95_s),
    ("queue_s", lambda seen: seen.timing.queue_s),
    ("paused_s", lambda seen: seen.timing.paused_s),
    ("loop_lag_s", lambda seen: seen.timing.loop_lag_s),
    ("usage_source", lambda seen: str(seen.usage.source)),
    ("input_tokens", lambda seen: seen.usage.input_tokens),
    ("output_tokens", lambda seen: seen.usage.output_tokens),
    ("reasoning_tokens", lambda seen: seen.usage.reasoning_tokens),
    ("cost_usd", lambda seen: seen.cost.usd if seen.cost else None),
    ("cost_reason", lambda seen: seen.cost.reason if seen.cost else None),
    ("attempts", lambda seen: len(seen.attempts)),
    ("response_bytes", lambda seen: seen.response_bytes),
    ("text", lambda seen: seen.answer.first.text if seen.answer else None),
    ("answer", lambda seen: encode_answer(seen.answer) if seen.answer else None),
    ("error_type", lambda seen: seen.error_type),
    ("error_message", lambda seen: seen.error_message),
)

_CANDIDATES_ONLY = frozenset({"queue_s", "attempts"})

_VALUES = tuple(
    (side, name, value)
    for name, value in _SIDES
    for side in ("production", "candidate")
    if side == "candidate" or name not in _CANDIDATES_ONLY
)

CSV_COLUMNS = (
    "exchange_id",
    "candidate",
    "started_at",
    "method",
    "path",
    "dialect",
    "request_id",
    "cluster_key",
    "tenant_key",
    "user_key",
    "stratum",
    "inclusion_probability",
    "policy_version",
    "mirror_config_hash",
    "candidate_config_hash",
    *(f"{side}_{name}" for side, name, _ in _VALUES),
    "request_body",
)


def as_csv_row(pair: Pair) -> list[Any]:
    """The values of `CSV_COLUMNS`. None is written as an empty field."""
    exchange, result = pair.exchange, pair.candidate
    seen = {"production": exchange.production, "candidate": result.observation}
    return [
        exchange.id,
        result.observation.endpoint,
        exchange.started_at,
        exchange.method,
        exchange.path,
        str(exchange.dialect),
        exchange.request_id,
        exchange.cluster_key,
        exchange.tenant_key,
        exchange.user_key,
        exchange.stratum,
        result.inclusion_probability,
        exchange.policy_version,
        exchange.config_hash,
        result.config_hash,
        *(value(seen[side]) for side, _, value in _VALUES),
        _body_as_csv(exchange.request_body),
    ]


def _body_as_csv(body: bytes | None) -> str | None:
    stored = encode_body(body)
    return f"base64:{base64.b64encode(stored).decode()}" if isinstance(stored, bytes) else stored


def as_json_line(pair: Pair) -> bytes:
    """The pair with all that the log holds of it, and a line feed. Bodies that are not UTF-8 are `body_base64`."""
    exchange, result = pair.exchange, pair.candidate
    document = {
        "exchange": _exchange(exchange),
        "request": {"headers": exchange.request_headers, **_body(exchange.request_body)},
        "production": _observation(exchange.production),
        "candidate": _observation(result.observation),
        "inclusion_probability": result.inclusion_probability,
        "config_hash": result.config_hash,
    }
    try:
        return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # a lone surrogate, or an integer beyond 64 bits: JSON can say both
        return json.dumps(document, separators=(",", ":"), default=asdict).encode() + b"\n"


_APART = frozenset({"request_body", "request_headers", "production", "candidates"})


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {name: getattr(exchange, name) for name in Exchange.__slots__ if name not in _APART}


def _observation(seen: Observation) -> dict[str, Any]:
    return {name: getattr(seen, name) for name in Observation.__slots__ if name != "body"} | _body(seen.body)


def _body(body: bytes | None) -> dict[str, str | None]:
    stored = encode_body(body)
    if isinstance(stored, bytes):
        return {"body": None, "body_base64": base64.b64encode(stored).decode()}
    return {"body": stored}
