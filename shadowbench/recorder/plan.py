"""PLAN: what the mirror decided about an exchange, as the recorder reads it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from shadowbench.errors import ProtocolError
from shadowbench.making import maker_of
from shadowbench.records import Dialect

_DIALECTS = {dialect.value: dialect for dialect in Dialect}


class PlannedCandidate(NamedTuple):
    """One candidate the exchange was sampled for. `not_sent` says why no copy was dispatched, None when one was."""

    side: int
    name: str
    inclusion_probability: float
    config_hash: str
    model: str | None = None
    not_sent: str | None = None
    dialect: Dialect | None = None  # None: the client's


class Plan(NamedTuple):
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
    tenant_key: str | None = None
    user_key: str | None = None
    stratum: str | None = None


_plan, _planned = maker_of(Plan), maker_of(PlannedCandidate)


def read_plan(payload: bytes) -> Plan:
    """Payload of PLAN. A dialect of a newer mirror is "unknown", not an error. Raises ProtocolError.

    Mirrors of handoff version 1 name no candidate's dialect, no tenant, user or stratum.
    """
    try:
        # Not `handoff.read_json`: there is one for each exchange, and this is four times faster.
        fields = orjson.loads(payload)
        tenant_key, user_key, stratum = fields.get("tenant_key"), fields.get("user_key"), fields.get("stratum")
        request_id = fields.get("request_id_header")
        _check_texts(fields["id"], fields["proxy_epoch"], fields["config_hash"], fields["cluster_key"])
        _check_optional_texts(request_id, tenant_key, user_key, stratum)
        return _plan(
            id=fields["id"],
            proxy_epoch=fields["proxy_epoch"],
            proxy_sequence=int(fields["proxy_sequence"]),
            started_at=float(fields["started_at"]),
            policy_version=int(fields["policy_version"]),
            config_hash=fields["config_hash"],
            cluster_key=fields["cluster_key"],
            request_id=request_id,
            dialect=_DIALECTS.get(fields.get("dialect", ""), Dialect.UNKNOWN),
            candidates=tuple([_candidate(item) for item in fields["candidates"]]),
            tenant_key=tenant_key,
            user_key=user_key,
            stratum=stratum,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProtocolError(f"a plan frame cannot be read: {error!r}") from None


def _candidate(fields: Mapping[str, Any]) -> PlannedCandidate:
    side = int(fields["side"])
    if not 1 <= side <= 255:
        raise ValueError(f"a candidate's side is {side}")
    dialect, model, not_sent = fields.get("dialect"), fields.get("model"), fields.get("not_sent")
    _check_texts(fields["name"], fields["config_hash"])
    _check_optional_texts(dialect, model, not_sent)
    return _planned(
        side=side,
        name=fields["name"],
        inclusion_probability=float(fields["inclusion_probability"]),
        config_hash=fields["config_hash"],
        model=model,
        not_sent=not_sent,
        dialect=None if dialect is None else _DIALECTS.get(dialect, Dialect.UNKNOWN),
    )


def _check_texts(*values: Any) -> None:
    """Raises TypeError for anything but text: joining asks that of all at once."""
    "".join(values)


def _check_optional_texts(*values: Any) -> None:
    "".join([value for value in values if value is not None])
