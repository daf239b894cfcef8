"""Each goal has its comparison: what was declared first, and never one that nobody can go by."""

from shadowbench.report.analysis.goals import tells
from shadowbench.report.document.comparisons import Role, Scale
from shadowbench.report.document.verdicts import Goal
from shadowbench.report.policy import Against, Statistic
from tests.unit.report.analysis.parts import candidate, compared


def test_quality_is_what_was_declared_as_primary_and_is_neither_time_nor_money() -> None:
    faster = compared("latency", role=Role.PRIMARY)
    rubric = compared("rubric", role=Role.PRIMARY)
    guardrail = compared("errors", role=Role.GUARDRAIL)
    assert tells(Goal.QUALITY, candidate(comparisons=[faster, guardrail, rubric])) is rubric
    assert tells(Goal.QUALITY, candidate(comparisons=[faster, guardrail])) is None


def test_a_declared_statistic_goes_before_the_usual_one() -> None:
    usual = compared("latency", statistic=Statistic.P50)
    declared = compared("latency", statistic=Statistic.P95, role=Role.GUARDRAIL)
    assert tells(Goal.LATENCY, candidate(comparisons=[usual, declared])) is declared
    assert tells(Goal.LATENCY, candidate(comparisons=[compared("latency", statistic=Statistic.P95), usual])) is usual


def test_cost_is_that_of_all_traffic() -> None:
    mean, total = compared("cost"), compared("cost", statistic=Statistic.TOTAL, scale=Scale.RATIO)
    assert tells(Goal.COST, candidate(comparisons=[mean, total])) is total


def test_bounds_levels_and_what_was_not_measured_tell_nothing() -> None:
    nothing = [
        compared("latency", against=Against.BOUND, scale=Scale.LEVEL),
        compared("latency", against=Against.AGAIN),
        compared("latency", scale=Scale.LEVEL),
        compared("latency", statistic=Statistic.TOTAL),
        compared("latency", reason="no_values"),
    ]
    assert [tells(Goal.LATENCY, candidate(comparisons=[each])) for each in nothing] == [None] * 5
