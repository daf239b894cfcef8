"""A failure counts where the measure has something to say: whatever the request lacks is no failure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis.values import Paired, intended
from shadowbench.report.document.comparisons import Subject
from shadowbench.scores import Shape
from tests.unit.report.analysis.invented import PREFERENCE, a_subject, an_arm
from tests.unit.report.analysis.measures import values_over

FAULT = "fault_timed_out"
SCHEMA = a_subject("json_schema")
TOOLS = a_subject("tool_call_match", shape=Shape.PAIR)
N = 20_000


def words(*chosen: tuple[Any, str]) -> list[str | None]:
    """The first that fits, for each pair."""
    return [next((word for flags, word in chosen if flags[i]), None) for i in range(N)]


def mean(paired: Paired) -> float:
    return float(np.average(paired.difference, weights=paired.weights))


def made(subject: Subject, asked: Any, failed: Any, value: Any, why: Any) -> Paired:
    arm = an_arm(N, failed=failed)
    return intended(values_over(arm, subject, np.where(asked & ~failed, value, np.nan), why=why), arm)


@pytest.mark.parametrize(("share", "rate"), [(0.1, 0.02), (0.05, 0.02), (0.1, 0.05)])
def test_failures_of_a_pair_metric_weigh_by_the_share_of_requests_that_it_is_for(share: float, rate: float) -> None:
    rng = np.random.default_rng(3)
    asked, failed = rng.random(N) < share, rng.random(N) < rate
    value = np.where(rng.random(N) < 0.97, 1.0, 0.0)
    found = made(TOOLS, asked, failed, value, words((failed, FAULT), (~asked, "no_tools")))
    assert mean(found) == pytest.approx(value[asked & ~failed].mean() * (1 - failed.mean()))  # else 0.82, 0.70 and 0.66


@pytest.mark.parametrize("share", [0.1, 0.05])
def test_failures_of_a_judge_with_references_count_where_there_are_some(share: float) -> None:
    rng = np.random.default_rng(19)
    known, failed = rng.random(N) < share, rng.random(N) < 0.02
    value = np.full(N, 0.5)
    of_old = made(PREFERENCE, known, failed, value, words((failed, FAULT), (~known, "no_reference")))
    assert mean(of_old) == pytest.approx(0.49, abs=0.002)
    told = made(PREFERENCE, known, failed, value, words((~known, "no_reference"), (failed, FAULT)))
    assert mean(told) == pytest.approx(0.5 * (1 - failed[known].mean()))
    assert (told.n, int(told.imputed.sum())) == (known.sum(), (known & failed).sum())
    assert told.weights.tolist() == [1.0] * told.n  # who says so is no guess


def test_two_failures_without_known_scope_do_not_dilute() -> None:
    rng = np.random.default_rng(7)
    asked, failed = rng.random(N) < 0.05, rng.random(N) < 0.03
    given = asked & ~failed
    candidate, production = (np.where(given, rng.random(N) < rate, np.nan) for rate in (0.97, 0.99))
    why = words((failed, FAULT), (~asked, "no_schema"))
    arm = an_arm(N, failed=failed, production_failed=failed)
    found = intended(values_over(arm, SCHEMA, candidate, production, why=why, why_production=why), arm)
    truth = float((candidate - production)[given].mean()) * 0.97
    assert mean(found) == pytest.approx(truth, rel=0.02)  # it was 0.6 of it


def test_the_side_that_answered_tells_the_scope() -> None:
    arm = an_arm(3, failed=[True, True, False])
    values = values_over(
        arm, SCHEMA, [np.nan, np.nan, 1.0], [1.0, np.nan, 1.0],
        why=[FAULT, FAULT, None], why_production=[None, "no_schema", None],
    )  # fmt: skip
    found = intended(values, arm)
    assert (found.candidate.tolist(), found.places.tolist()) == ([0.0, 1.0], [0, 2])
    assert found.weights is arm.weights or found.weights.tolist() == [1.0, 1.0]


def test_where_no_request_is_in_scope_no_failure_counts() -> None:
    arm = an_arm(3, failed=[True, False, False])
    values = values_over(arm, TOOLS, [np.nan] * 3, why=[FAULT, "no_tools", "no_tools"])
    assert intended(values, arm).n == 0


def test_where_everything_failed_everything_counts() -> None:
    arm = an_arm(3, failed=[True] * 3)
    assert intended(values_over(arm, PREFERENCE, [np.nan] * 3, why=[FAULT] * 3), arm).candidate.tolist() == [0.0] * 3
