from __future__ import annotations

from shadowbench.report.analysis.asking import Asked, asked_of
from shadowbench.report.document.comparisons import Role
from shadowbench.report.policy import Against, Claim, Policy, Statistic


def names(asked: list[Asked]) -> list[tuple[str, str, str]]:
    return [(each.claim.measure, each.claim.statistic.value, each.role.value) for each in asked]


def test_primary_guardrails_and_then_every_measure_by_name() -> None:
    policy = Policy(primary=(Claim(measure="rubric"),), guardrails=(Claim(measure="cost", statistic=Statistic.TOTAL),))
    assert names(list(asked_of(policy, ["rubric", "latency", "cost", "alike"]))) == [
        ("rubric", "mean", "primary"),
        ("cost", "total", "guardrail"),
        ("alike", "mean", "secondary"),
        ("cost", "mean", "secondary"),
        ("latency", "mean", "secondary"),
        ("latency", "p50", "secondary"),
        ("latency", "p95", "secondary"),
    ]


def test_what_nobody_measured_is_not_asked() -> None:
    assert {each.role for each in asked_of(Policy(primary=(Claim(measure="rubric"),)), ["cost"])} == {Role.SECONDARY}
    assert asked_of(Policy(primary=(Claim(measure="rubric"),)), []) == []


def test_declared_with_another_statistic_or_against_another_is_another_question() -> None:
    claims = (
        Claim(measure="cost", relative=True),
        Claim(measure="cost", against=Against.AGAIN),
        Claim(measure="cost", against=Against.BOUND, bound=1.0),
    )
    found = asked_of(Policy(guardrails=claims), ["cost"])
    assert [each.role for each in found] == [Role.GUARDRAIL] * 3 + [Role.SECONDARY]
    assert len({each.what for each in found}) == 4


def test_totals_are_ratios_and_bounds_are_not() -> None:
    assert Asked(claim=Claim(measure="cost", statistic=Statistic.TOTAL), role=Role.PRIMARY).is_ratio
    assert not Asked(
        claim=Claim(measure="cost", against=Against.BOUND, bound=1.0, relative=True), role=Role.PRIMARY
    ).is_ratio
