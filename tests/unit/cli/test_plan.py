"""`plan`: from a log, and from numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shadowbench.cli.analysed import Asked
from shadowbench.cli.app import app
from shadowbench.cli.plan import EVERY, Numbers, PlanOptions, Wanted, differences_of, run_plan
from shadowbench.errors import ConfigurationError
from shadowbench.report.policy import Claim, Looks, Policy, Requirements, Watching
from tests.unit.cli.gate_logs import failing_in, write_log

NOW = 1_770_000_000.0
ONCE = Wanted(looks=Looks.ONCE)
POLICY = Policy(
    watching=Watching(looks=Looks.ONCE),
    primary=(Claim(measure="error_class", margin=0.01),),
    requires=Requirements(pairs=10, clusters=10),
)


def told(options: PlanOptions, capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert run_plan(options, now=NOW) == code
    return capsys.readouterr().out


def test_numbers_are_enough(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = Numbers(sd=1 / 3, margin=0.03, per_day=100)
    out = told(PlanOptions(wanted=ONCE, numbers=numbers), capsys)
    assert "It takes 969 pairs, 9.7 d at this traffic." in out
    assert "with a single look" in out


def test_yes_or_no_is_planned_from_the_pairs_that_differ(capsys: pytest.CaptureFixture[str]) -> None:
    options = PlanOptions(wanted=ONCE, numbers=Numbers(discordant=0.3), differences={EVERY: 0.05}, form="json")
    found = json.loads(told(options, capsys))
    assert (found["schema"], found["version"]) == ("shadowbench.plan", 1)
    assert (found["amount"]["pairs"], found["days"]) == (940, None)


def test_clusters_and_looks_cost(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = Numbers(sd=0.3, margin=0.03, cluster_size=4, icc=0.5)
    once, often = (
        json.loads(told(PlanOptions(wanted=wanted, numbers=numbers, form="json"), capsys))
        for wanted in (ONCE, Wanted(looks=Looks.ANY))
    )
    assert once["amount"]["pairs"] == pytest.approx(785 * 2.5, rel=0.01)
    assert often["amount"]["pairs"] > 1.5 * once["amount"]["pairs"]
    assert often["design"]["watching"]["looks"] == "any"


@pytest.mark.parametrize(
    ("numbers", "differences", "said"),
    [
        (Numbers(sd=0.3), {}, "how much is to be told from nothing"),
        (Numbers(margin=0.1), {}, "Give one of --sd"),
        (Numbers(margin=0.1, sd=1.0, discordant=0.1), {}, "Give one of --sd"),
        (Numbers(discordant=0.01), {EVERY: 0.05}, "--discordant: a difference of 0.05 needs at least"),
        (Numbers(sd=0.3, margin=0.1), {"cost": 1.0}, "is for the claims of a log"),
    ],
)
def test_numbers_that_say_nothing_are_told(numbers: Numbers, differences: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        run_plan(PlanOptions(numbers=numbers, differences=differences), now=NOW)


def test_without_numbers_and_claims_it_says_what_it_needs() -> None:
    for asked in (None, Asked(logs=("no.db",))):
        with pytest.raises(ConfigurationError, match="plan for what"):
            run_plan(PlanOptions(asked=asked), now=NOW)


def a_log(folder: Path, **changes: object) -> Asked:
    log = write_log(folder / "log.db", **changes)  # type: ignore[arg-type]
    return Asked(logs=(str(log),), policy=POLICY, again=frozenset({"again"}), progress=False, examples=0)


def test_a_log_tells_how_much_pairs_vary_and_how_many_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = a_log(tmp_path, small=failing_in(50))
    found = json.loads(told(PlanOptions(asked=asked, form="json"), capsys))
    (claim,) = found["claims"]
    assert (claim["candidate"], claim["claim"]["measure"], claim["pairs"]) == ("small", "error_class", 300)
    assert claim["pairs_per_day"] == pytest.approx(24, rel=0.02)
    assert claim["amount"]["pairs"] == pytest.approx((2.8 * 0.14 / 0.01) ** 2, rel=0.4)
    assert claim["days"] == pytest.approx(claim["more"] / claim["pairs_per_day"])
    out = told(PlanOptions(asked=asked), capsys)
    assert "error" in out
    assert "All of it takes" in out


def test_a_log_without_candidates_has_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no candidate yet" in told(PlanOptions(asked=a_log(tmp_path, exchanges=0)), capsys, code=3)


def test_a_difference_is_of_a_claim_that_is_there(tmp_path: Path) -> None:
    options = PlanOptions(asked=a_log(tmp_path, exchanges=60), differences={"eror_class": 0.1})
    with pytest.raises(
        ConfigurationError, match="--difference eror_class: no claim is of it; did you mean 'error_class'"
    ):
        run_plan(options, now=NOW)


def test_differences_are_for_all_or_for_one() -> None:
    assert differences_of(["0.05", "latency=0.1", "cost = -0.2"]) == {EVERY: 0.05, "latency": 0.1, "cost": -0.2}
    with pytest.raises(ConfigurationError, match="--difference x=y: write a number, or MEASURE=NUMBER"):
        differences_of(["x=y"])


def test_the_policy_has_the_last_word_where_nobody_said_anything() -> None:
    policy = Policy(alpha=0.01, watching=Watching(looks=Looks.PLANNED, clusters=77, planned=4))
    assert Wanted().design(policy).watching == policy.watching
    assert Wanted().design(policy).alpha == 0.01
    changed = Wanted(alpha=0.1, clusters=5, planned=2, power=0.9).design(replace(policy, watching=Watching()))
    assert (changed.alpha, changed.power, changed.watching) == (
        0.1,
        0.9,
        Watching(looks=Looks.PLANNED, clusters=5, planned=2),
    )


def typed(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["plan", *arguments])
    if isinstance(done.exception, ConfigurationError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.db", "--sd", "0.3", "--margin", "0.1"], "LOG is of planning from a log, and --sd and --discordant"),
        (["--log", "a.db", "--discordant", "0.3", "--margin", "0.1"], "--log is of planning from a log"),
        (["--since", "7d", "--sd", "0.3"], "--since is of planning from a log"),
        (["--again", "again", "--sd", "0.3"], "--again is of planning from a log"),
        (["a.db", "--margin", "0.1", "--policy", "mvp"], "--margin is of planning without a log: give --sd or"),
        (["a.db", "--per-day", "100"], "--per-day is of planning without a log"),
        (["--sd", "0.3", "--margin", "0.1", "--looks", "any", "--planned", "3"], "--planned is of --looks planned"),
        (["--sd", "0.3", "--margin", "0.1", "--looks", "once", "--clusters", "99"], "--clusters is of --looks any or"),
    ],
)
def test_an_option_that_nobody_would_hear_is_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        typed(*arguments)


def test_a_number_of_looks_means_planned_ones() -> None:
    told = typed("--sd", "0.3", "--margin", "0.01", "--planned", "3")
    assert "with 3 planned looks" in told
    assert told == typed("--sd", "0.3", "--margin", "0.01", "--planned", "3", "--looks", "planned")


def test_a_policy_is_heard_without_a_log_too(tmp_path: Path) -> None:
    policy = tmp_path / "once.yaml"
    policy.write_text("alpha: 0.01\nwatching: {looks: once}\nprimary: {error_class: {margin: 1%}}\n")
    told = typed("--sd", "0.3", "--margin", "0.03", "--policy", str(policy))
    assert "It shows with a chance of 80 %, if it is true as expected; false alarms 1 %; with a single look." in told


def test_a_policy_of_the_configuration_is_heard_without_a_log_too(tmp_path: Path) -> None:
    configuration = tmp_path / "ours.yaml"
    configuration.write_text(
        "production: {url: 'http://x'}\nreport: {policy: {alpha: 0.02, primary: {error_class: {margin: 1%}}}}\n"
    )
    assert "false alarms 2 %" in typed("--sd", "0.3", "--margin", "0.03", "-c", str(configuration))
