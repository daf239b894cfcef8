"""Every code that has a fixed meaning has words; all others are told as they are."""

from typing import get_args, get_type_hints

import pytest

from shadowbench.report.analysis.deciding import DOUBTS, FAILING
from shadowbench.report.document.comparisons import Role
from shadowbench.report.document.verdicts import Goal
from shadowbench.report.policy import Statistic
from shadowbench.report.words.codes import (
    ALARMS,
    BLOCKERS,
    REASONS,
    alarm,
    blocker_title,
    goal,
    measure_title,
    reason,
    role,
    standing,
    statistic,
)
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.margins import Standing
from tests.unit.report.documents import LATENCY


def test_every_refusal_has_words() -> None:
    assert get_args(get_type_hints(Estimate)["reason"])[0] is Refused
    assert {each.value for each in Refused} <= REASONS.keys()


def test_failures_and_foreign_codes_are_told_as_they_are() -> None:
    assert reason("fault_timed_out") == "failed: timed out"
    assert reason("a_plugin_s_own") == "a_plugin_s_own"
    assert (alarm("new"), blocker_title("new")) == ("new", "new")


def test_every_blocker_has_a_title() -> None:
    quotas = {"too_few_labels", "too_few_labelled_twice", "uncalibrated_judge", "margin_allows_everything"}
    assert DOUBTS | FAILING | quotas == BLOCKERS.keys()


def test_every_alarm_of_a_judge_has_words() -> None:
    from shadowbench.cli.judge_cards import ALARMS as OF_CARDS

    assert ALARMS.keys() == OF_CARDS.keys()


@pytest.mark.parametrize("of", [*Standing, None])
def test_every_standing(of: Standing | None) -> None:
    assert standing(of)


def test_every_word_of_a_fixed_set() -> None:
    assert [goal(each) for each in Goal] == ["quality first", "latency first", "cost first"]
    assert [role(each) for each in Role] == ["primary", "guardrail", "secondary"]
    assert [statistic(each) for each in Statistic] == ["mean", "p50", "p95", "p99", "total"]


def test_measures_have_titles_or_their_names() -> None:
    assert [measure_title(each) for each in (LATENCY, "ttft", "rouge_l")] == [
        "latency",
        "time to first token",
        "rouge_l",
    ]
