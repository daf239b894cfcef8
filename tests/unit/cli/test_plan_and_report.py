"""Plan and report tell the same numbers of the same log; numbers that nobody can plan with are refused."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.cli.analysed import Asked, analysed
from shadowbench.cli.plan import BOUNDS, EVERY, Numbers, PlanOptions, Wanted, differences_of, run_plan
from shadowbench.errors import ConfigurationError
from shadowbench.report.document.verdicts import Met
from shadowbench.report.plan import planned
from shadowbench.report.policy import Against, Claim, Looks, Policy, Requirements, Statistic, Watching
from tests.unit.cli.gate_logs import failing_in, write_log

NOW = 1_770_000_000.0
CLAIMS = (
    Claim(measure="error_class", margin=0.01),
    Claim(measure="error_class", margin=0.0, against=Against.BOUND, bound=0.03),
    Claim(measure="latency", margin=0.001),
    Claim(measure="latency", margin=0.1, relative=True, statistic=Statistic.P99),
    Claim(measure="cost", margin=0.1, relative=True, statistic=Statistic.TOTAL),
)


@pytest.mark.parametrize("looks", list(Looks))
def test_a_plan_takes_as_many_more_as_the_report_says(looks: Looks, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.db", exchanges=400, small=failing_in(60))
    policy = Policy(primary=CLAIMS, watching=Watching(looks=looks), requires=Requirements(pairs=1500, clusters=20))
    asked = Asked(logs=(str(log),), policy=policy, again=frozenset({"again"}), progress=False, examples=0)
    document = analysed(replace(asked, verdicts_only=True), now=NOW)
    [candidate] = [each for each in document.candidates if not each.again]
    rows = planned(document, Wanted().design(policy)).rows
    told = 0
    for condition, row in zip(candidate.verdict.conditions, rows, strict=True):
        still = condition.still_needed
        if condition.met is Met.OPEN:
            assert (still is None) is (row.amount is None)
        if still is not None and row.amount is not None:
            assert (still.pairs, still.more) == (row.amount.pairs, row.more)
            assert row.days == pytest.approx(still.days)
            told += 1
    assert told >= 2


def test_a_policy_file_without_a_claim_is_named() -> None:
    asked = Asked(logs=("pairs.db",), declared_by="--policy empty.yaml")
    with pytest.raises(ConfigurationError, match=r"plan for what\? --policy empty\.yaml declares no claim: add one"):
        run_plan(PlanOptions(asked=asked), now=NOW)
    with pytest.raises(ConfigurationError, match="plan for what\\? Name a policy with --policy"):
        run_plan(PlanOptions(asked=replace(asked, declared_by="")), now=NOW)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1e300, 1e300])
@pytest.mark.parametrize("option", sorted(BOUNDS))
def test_what_is_out_of_bounds_is_told_with_the_bounds(option: str, value: float) -> None:
    name = option.removeprefix("--").replace("-", "_")
    least, most = BOUNDS[option]
    with pytest.raises(ConfigurationError) as caught:
        if name == "difference":
            differences_of([str(value)])
        elif name in ("power", "alpha", "planned", "clusters"):
            wanted = replace(Wanted(), **{name: value})
            run_plan(PlanOptions(wanted=wanted, numbers=Numbers(sd=0.3, margin=0.03)), now=NOW)
        else:
            numbers = replace(Numbers(sd=0.3, margin=0.03), **{name: value})
            run_plan(PlanOptions(numbers=numbers), now=NOW)
    assert f"{option} " in str(caught.value)
    assert f"must be a number from {least:g} to {most:g}" in str(caught.value)


@pytest.mark.parametrize("numbers", [Numbers(sd=0.0, margin=0.03), Numbers(sd=1e-9, margin=0.03)])
def test_what_does_not_vary_takes_what_is_asked_for_anyway(
    numbers: Numbers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_plan(PlanOptions(numbers=numbers), now=NOW) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "It takes 100 pairs." in told
    assert "which take no more pairs than a single one" in told


def test_pairs_that_never_differ_are_planned_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_plan(PlanOptions(numbers=Numbers(discordant=0.0, margin=0.03)), now=NOW) == 0
    assert "It takes" in capsys.readouterr().out


def test_so_little_that_nobody_could_gather_it_is_told() -> None:
    with pytest.raises(ConfigurationError, match="give a wider margin"):
        run_plan(PlanOptions(numbers=Numbers(sd=1e9), differences={EVERY: 1e-9}), now=NOW)


def test_where_every_call_fails_nobody_promises_pairs(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.db", exchanges=200, small=failing_in(1))
    policy = Policy(primary=CLAIMS[2:], requires=Requirements(pairs=10, clusters=10))
    asked = Asked(logs=(str(log),), policy=policy, again=frozenset({"again"}), progress=False, examples=0)
    document = analysed(asked, now=NOW)
    [candidate] = [each for each in document.candidates if not each.again]
    assert [each.code for each in candidate.verdict.blockers] == ["candidate_fails"]
    assert {each.still_needed for each in candidate.verdict.conditions} == {None}
    assert {each.still_needed for each in candidate.comparisons} == {None}
    rows = planned(document, Wanted().design(policy)).rows
    assert {row.amount for row in rows if row.met is Met.OPEN} == {None}
