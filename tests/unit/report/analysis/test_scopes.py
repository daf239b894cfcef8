"""A failure counts where the measure has something to say: whatever the request lacks is no failure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis.contrasts import contrast_of
from shadowbench.report.analysis.values import Paired, intended
from shadowbench.report.document.comparisons import Subject
from shadowbench.report.policy import Statistic
from shadowbench.scores import Shape
from shadowbench.store.columns import Coded
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


def shared(rng: np.random.Generator, in_scope: float, fails: float, size: int) -> Paired:
    """Clusters of a size; whole ones are in scope or not, and some fail more often than others."""
    n = 2400
    codes = np.arange(n) // size
    asked = (rng.random(n // size) < in_scope)[codes]
    failed = rng.random(n) < rng.beta(2 * fails, 2 * (1 - fails), n // size)[codes]
    why = np.where(failed, 0, np.where(asked, -1, 1)).astype(np.int32)
    value = np.where(asked & ~failed, rng.random(n) < 0.9, np.nan)
    arm = an_arm(n, failed=failed, clusters=codes)
    values = replace(values_over(arm, TOOLS, value), candidate_reason=Coded(codes=why, texts=(FAULT, "no_tools")))
    return intended(values, arm)


@pytest.mark.parametrize(("in_scope", "fails", "size"), [(0.1, 0.3, 1), (0.3, 0.3, 4), (0.1, 0.05, 4)])
def test_the_standard_error_allows_for_the_share_that_is_not_known(in_scope: float, fails: float, size: int) -> None:
    """Taking the share for known, the first is a third too large."""
    rng, values, errors = np.random.default_rng(23), [], []
    for _ in range(300):
        found = contrast_of(shared(rng, in_scope, fails, size), Statistic.MEAN, relative=False, level=0.95).base
        values.append(found.value)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.1)
    assert np.mean(values) == pytest.approx(0.9 * (1 - fails), abs=0.02)


def test_where_no_weight_is_a_guess_nothing_is_added() -> None:
    rng = np.random.default_rng(24)
    assert shared(rng, 1.0, 0.3, 2).shared is None
    found = shared(rng, 0.3, 0.3, 4)
    assert found.shared is not None
    some = found.among(np.arange(found.n) % 2 == 0)
    assert some.shared is not None
    whole, part = ((each.moved @ each.moved + each.beyond) for each in (found.shared, some.shared))
    assert part == pytest.approx(whole)  # what is known of the share does not go with the pairs
    assert (len(some.shared.moved), len(some.shared.untold)) == (some.clusters.count, some.n)


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
