"""What is sound alone and not together."""

from typing import Any

import pytest

from shadowbench.policies.checking import conflicts
from shadowbench.policies.fields import PolicyFields


def told(**fields: Any) -> dict[str, str]:
    return {".".join(keys): what for keys, what in conflicts(PolicyFields.model_validate(fields))}


def claim(**fields: Any) -> dict[str, str]:
    return told(primary={"x": fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"margin": 0.02},
        {"margin": 0},
        {"needs": "better"},
        {"needs": "better", "baseline_margin": 0.02},
        {"measure": "latency", "statistic": "p95", "relative": True, "margin": "10%"},
        {"measure": "cost", "statistic": "total", "margin": "10%"},
        {"measure": "error_class", "against": "bound", "bound": "2%"},
        {"against": "again", "margin": 0.1},
    ],
)
def test_what_can_be_meant_has_no_conflict(fields: dict[str, Any]) -> None:
    assert claim(**fields) == {}


@pytest.mark.parametrize(
    ("fields", "key", "said"),
    [
        ({}, "primary.x", "says no margin: how much worse would still do, as in margin: 0.02; there is no default"),
        ({"needs": "better", "margin": 0.1}, "primary.x.margin", "nothing worse would do"),
        ({"margin": 0.1, "bound": 0.1}, "primary.x.bound", "goes with `against: bound`"),
        ({"against": "bound"}, "primary.x", "says no bound"),
        ({"against": "bound", "bound": 1, "margin": 0.1}, "primary.x.margin", "is not used against a bound"),
        ({"against": "bound", "bound": 1, "relative": True}, "primary.x.relative", "of the candidate alone"),
        ({"against": "bound", "bound": 1, "needs": "better"}, "primary.x.needs", "move the bound"),
        ({"against": "bound", "bound": "1 s"}, "primary.x.bound", "is in s"),
        ({"against": "again", "margin": 1, "statistic": "p95"}, "primary.x.statistic", "leave this out"),
        ({"against": "again", "margin": 1, "relative": True}, "primary.x.relative", "leave this out"),
        ({"statistic": "total", "margin": 1, "relative": False}, "primary.x.relative", "by their ratio"),
        ({"margin": -1}, "primary.x.margin", "is below zero"),
        ({"measure": "output_tokens", "margin": 5}, "primary.x", "neither more nor less output_tokens is better"),
        ({"margin": 1, "where_absent": "skip"}, "primary.x.where_absent", "cannot be skipped"),
        ({"margin": 1, "baseline_margin": -1}, "primary.x.baseline_margin", "is below zero"),
    ],
)
def test_what_cannot_be_meant_is_told_with_the_key_to_change(fields: dict[str, Any], key: str, said: str) -> None:
    found = claim(**fields)
    assert list(found) == [key]
    assert said in found[key]


def test_everything_is_told_at_once() -> None:
    found = told(primary={"x": {}}, guardrails={"y": {"margin": -1}, "z": {"against": "bound"}})
    assert list(found) == ["primary.x", "guardrails.y.margin", "guardrails.z"]


def test_a_claim_stands_once() -> None:
    found = told(
        primary={"errors": {"measure": "error_class", "margin": 0.01}},
        guardrails={
            "error_class": {"margin": 0.02},
            "at_most": {"measure": "error_class", "against": "bound", "bound": 0.05},
            "slow": {"measure": "latency", "margin": 1},
            "latency": {"margin": 2},
            "latency_p95": {"measure": "latency", "statistic": "p95", "margin": 2},
        },
    )
    assert list(found) == ["primary.errors", "guardrails.latency"]
    assert "claims the same as guardrails.error_class: the mean of error_class" in found["primary.errors"]
    assert "`error_class: null`" in found["primary.errors"]
    assert "claims the same as guardrails.slow" in found["guardrails.latency"]


def test_an_axis_has_a_length() -> None:
    assert list(told(radar={"x": {"begin": 1, "target": 1}})) == ["radar.x.target"]


@pytest.mark.parametrize(
    ("measure", "fields", "key"),
    [
        ("pairwise", {"margin": "105%"}, "margin"),
        ("pairwise", {"margin": "50%"}, "margin"),
        ("pairwise", {"margin": 0.5}, "margin"),
        ("ours", {"margin": "100%"}, "margin"),
        ("error_class", {"margin": "100%"}, "margin"),
        ("error_class", {"against": "bound", "bound": "100%"}, "bound"),
        ("json_schema", {"against": "bound", "bound": 0}, "bound"),
    ],
)
def test_what_nothing_could_break_is_refused(measure: str, fields: dict[str, Any], key: str) -> None:
    found = claim(measure=measure, **fields)
    assert list(found) == [f"primary.x.{key}"]
    assert "allows everything" in found[f"primary.x.{key}"]


@pytest.mark.parametrize(
    ("measure", "fields"),
    [
        ("pairwise", {"margin": "49%"}),
        ("ours", {"margin": 1.05}),  # of a rating from 1 to 5, for all that a policy knows
        ("latency", {"margin": "100%", "relative": True}),
        ("error_class", {"against": "bound", "bound": 0}),
        ("json_schema", {"against": "bound", "bound": "100%"}),
    ],
)
def test_what_something_could_break_is_not(measure: str, fields: dict[str, Any]) -> None:
    assert claim(measure=measure, **fields) == {}
