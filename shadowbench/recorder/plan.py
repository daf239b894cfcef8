"""PLAN: what the mirror decided about an exchange, as the recorder reads it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.records import Dialect

_DIALECTS = {dialect.value: dialect for dialect in Dialect}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCandidate:
    """One candidate the exchange was sampled for. `not_sent` says why no copy was dispatched, None when one was."""

    side: int
    name: str
    inclusion_probability: float
    config_hash: str
    model: str | None = None
    not_sent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything about an exchange that its bytes do not say."""

    id: str
    proxy_epoch: str
    proxy_sequence: int
    started_at: float
    policy_version: int
    config_hash: str
    cluster_key: str
    request_id: str | None
    dialect: Dialect
    candidates: tuple[PlannedCandidate, ...]


def read_plan(payload: bytes) -> Plan:
    """Payload of PLAN. A dialect of a newer mirror is "unknown", not an error. Raises ProtocolError."""
    fields = handoff.read_json(payload)
    try:
        return Plan(
            id=_text(fields["id"]),
            proxy_epoch=_text(fields["proxy_epoch"]),
            proxy_sequence=int(fields["proxy_sequence"]),
            started_at=float(fields["started_at"]),
            policy_version=int(fields["policy_version"]),
            config_hash=_text(fields["config_hash"]),
            cluster_key=_text(fields["cluster_key"]),
            request_id=_optional_text(fields.get("request_id_header")),
            dialect=_DIALECTS.get(fields.get("dialect", ""), Dialect.UNKNOWN),
            candidates=tuple(_candidate(item) for item in fields["candidates"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProtocolError(f"a plan frame cannot be read: {error!r}") from None


def _candidate(fields: Mapping[str, Any]) -> PlannedCandidate:
    side = int(fields["side"])
    if not 1 <= side <= 255:
        raise ValueError(f"a candidate's side is {side}")
    return PlannedCandidate(
        side=side,
        name=_text(fields["name"]),
        inclusion_probability=float(fields["inclusion_probability"]),
        config_hash=_text(fields["config_hash"]),
        model=_optional_text(fields.get("model")),
        not_sent=_optional_text(fields.get("not_sent")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)
