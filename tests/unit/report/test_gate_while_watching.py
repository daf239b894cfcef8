"""Who gates after every hundred users, and moves the traffic at the first pass, is rarely wrong. Seeded simulations, from rows.

The candidate errs more often than production by exactly the margin: whoever lets it pass is wrong. Users ask twice and have
much in common; half of the traffic is copied rarely, and the candidate is worse there: rows taken for independent and alike
would let it pass.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis.arms import arms_of
from shadowbench.report.analysis.asking import Asked
from shadowbench.report.analysis.comparisons import Comparing
from shadowbench.report.analysis.counting import counts_of
from shadowbench.report.analysis.deciding import decide
from shadowbench.report.analysis.measuring import measured
from shadowbench.report.document.comparisons import Role
from shadowbench.report.document.root import Document
from shadowbench.report.gate import Result, gate
from shadowbench.report.policy import Claim, Looks, Policy, Requirements, Watching
from shadowbench.store.columns import Coded
from tests.unit.report.analysis.invented import a_log
from tests.unit.report.documents import example, small

MARGIN, RUNS = 0.05, 150
USERS = range(100, 1001, 100)
WHOLE, SMALL = example(), small()
ERRORS = Claim(measure="error_class", margin=MARGIN)
WORDS = ("ok", "http_error")


def policy(looks: Looks) -> Policy:
    watching = Watching(looks=looks, clusters=1000)
    return Policy(watching=watching, primary=(ERRORS,), requires=Requirements(pairs=100, clusters=100))


def failures(rng: np.random.Generator, extra: float) -> dict[str, Any]:
    """Columns of the largest number of users, two pairs each. Of those who are copied four times in five all are, of the others
    one in four; the candidate fails by `extra` more often in all of the traffic."""
    users = USERS[-1]
    often = np.repeat(rng.random(users) < 0.8, 2)
    bad_luck = np.repeat(rng.gamma(0.5, 2.0, users), 2)  # mean 1: whom it strikes, it strikes again
    more = np.where(often, 0.4, 1.6) * extra
    production, candidate = (rng.random(2 * users) < bad_luck * rate for rate in (0.03, 0.03 + more))
    return {
        "production_outcome": production.astype(np.int32),
        "candidate_outcome": candidate.astype(np.int32),
        "inclusion_probability": np.where(often, 1.0, 0.25),
    }


def gated(columns: dict[str, Any], users: int, declared: Policy) -> Result:
    """The gate's word after so many users."""
    n = 2 * users
    coded = {name: Coded(codes=columns[name][:n], texts=WORDS) for name in ("production_outcome", "candidate_outcome")}
    log = a_log(
        n,
        **coded,
        candidate=Coded(codes=np.zeros(n, np.int32), texts=("small",)),
        candidate_reason=[None] * n,
        cluster_key=Coded(codes=np.arange(n, dtype=np.int32) // 2, texts=tuple(map(str, range(users)))),
        inclusion_probability=columns["inclusion_probability"][:n],
        started_at=np.arange(n) * 60.0,
    )
    (arm,) = arms_of(log, ())
    comparing = Comparing(log=log, arm=arm, lane=None, policy=declared, seed=0)
    comparisons = tuple(
        comparing.of([Asked(claim=ERRORS, role=Role.PRIMARY)], measured(log, arm, "error_class")).values()
    )
    counts = counts_of(arm)
    verdict = decide(comparisons, counts, declared)
    candidate = replace(SMALL, comparisons=comparisons, counts=counts, verdict=verdict)
    document: Document = replace(WHOLE, policy=declared, candidates=(candidate,))
    return gate(document).result


def share_ever(wanted: Result, extra: float, looks: Looks) -> float:
    """In how many runs somebody who waits for this word hears it."""
    rng, declared, found = np.random.default_rng(7), policy(looks), 0
    for _ in range(RUNS):
        columns = failures(rng, extra)
        found += any(gated(columns, users, declared) is wanted for users in USERS)
    return found / RUNS


ALARMS = 0.05 + 2 * np.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize("wrong", [Result.PASS, Result.FAIL])
def test_at_the_margin_both_words_are_rare_however_often_one_looks(wrong: Result) -> None:
    assert share_ever(wrong, MARGIN, Looks.ANY) <= ALARMS


def test_who_looks_again_and_again_with_intervals_for_one_look_is_wrong_often() -> None:
    assert share_ever(Result.PASS, MARGIN, Looks.ONCE) > ALARMS


def test_a_candidate_that_is_as_good_passes_and_one_that_is_far_worse_fails() -> None:
    assert share_ever(Result.PASS, 0.0, Looks.ANY) > 0.8
    assert share_ever(Result.FAIL, 4 * MARGIN, Looks.ANY) > 0.8
