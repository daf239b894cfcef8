"""PLAN as the recorder reads it."""

from __future__ import annotations

import json

import pytest

from shadowbench.errors import ProtocolError
from shadowbench.recorder.plan import Plan, PlannedCandidate, read_plan
from shadowbench.recorder.testing import candidate_fields, plan_fields
from shadowbench.records import Dialect


def test_a_plan_is_read_whole() -> None:
    assert read_plan(
        json.dumps(plan_fields((candidate_fields(2, "hot", model=None, not_sent="stale"),))).encode()
    ) == Plan(
        id="01900000-0000-7000-8000-000000000001",
        proxy_epoch="proxy-0-a1",
        proxy_sequence=7,
        started_at=1_700_000_000.5,
        policy_version=3,
        config_hash="mirror-config",
        cluster_key="cluster-1",
        request_id=None,
        dialect=Dialect.OPENAI_CHAT,
        candidates=(
            PlannedCandidate(
                side=2, name="hot", inclusion_probability=0.25, config_hash="hot-config", model=None, not_sent="stale"
            ),
        ),
    )


def test_what_newer_mirrors_say_is_read() -> None:
    candidates = tuple(
        candidate_fields(n, dialect=name) for n, name in enumerate(("gemini.generate_content", "morse"), 1)
    )
    plan = read_plan(json.dumps(plan_fields(candidates, tenant_key="t", user_key="u", stratum="s")).encode())
    assert (plan.tenant_key, plan.user_key, plan.stratum) == ("t", "u", "s")
    assert [each.dialect for each in plan.candidates] == [Dialect.GEMINI, Dialect.UNKNOWN]


def test_a_dialect_of_a_newer_mirror_is_unknown() -> None:
    assert read_plan(json.dumps(plan_fields(dialect="morse")).encode()).dialect is Dialect.UNKNOWN


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 7},
        {"started_at": "soon"},
        {"candidates": {"side": 1}},
        {"candidates": [candidate_fields(0)]},
        {"candidates": [candidate_fields(256)]},
        {"candidates": [candidate_fields(name=None)]},
        {"request_id_header": 5},
        {"dialect": []},
        {"tenant_key": 5},
        {"candidates": [candidate_fields(dialect=5)]},
    ],
)
def test_a_plan_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        read_plan(json.dumps(plan_fields() | changes).encode())


@pytest.mark.parametrize("payload", [b"", b"[", b"[]", b"5", b"\xff"])
def test_what_is_no_plan_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_plan(payload)
