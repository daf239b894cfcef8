"""Win rates at equal length: which lengths, which pairs, and when there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis import controlling
from shadowbench.report.analysis.controlling import controlled
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Controlled
from shadowbench.report.policy import Watching
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Refused
from shadowbench.stats.win_rates import controlled_win_rate, win_rate
from tests.unit.report.analysis.invented import (
    JUDGE,
    PREFERENCE,
    InventedLog,
    a_log,
    an_arm,
    of_sides,
    scored,
    values_of,
)

N = 1200


def measure(name: str) -> Any:
    return of_sides(name, low=0, high=None, direction=Direction.NEITHER)


def wordy(seed: int = 1) -> tuple[Any, Any, Any]:
    """A candidate that is as good and longer, and a judge who likes length: its wins, and both lengths."""
    chance = np.random.default_rng(seed)
    ours, theirs = (np.round(chance.lognormal(mean, 0.4, N)) for mean in (5.3, 5.0))
    apart = (ours - theirs) / (ours + theirs)
    return (chance.random(N) < 1 / (1 + np.exp(-3 * apart))).astype(float), ours, theirs


def log_of(ours: Any, theirs: Any, **styles: Any) -> InventedLog:
    scores = {measure("length"): scored(ours, theirs)}
    scores |= {measure(name): scored(*both) for name, both in styles.items()}
    return a_log(N, scores=scores)


def found(told: tuple[Controlled | None, str | None]) -> Controlled:
    assert told[0] is not None, told[1]
    return told[0]


def test_what_length_alone_won_is_gone() -> None:
    wins, ours, theirs = wordy()
    arm = an_arm(N)
    told = found(controlled(log_of(ours, theirs), arm, values_of(arm, PREFERENCE, wins)))
    assert win_rate(wins).rate.excludes(0.5)
    assert not told.rate.excludes(0.5)
    assert told.length_coefficient is not None
    assert told.length_coefficient.low is not None
    assert told.length_coefficient.low > 0
    assert told.length_ratio == pytest.approx(np.exp(0.3), rel=0.1)


def test_looks_widen_it_and_before_the_first_there_is_none() -> None:
    wins, ours, theirs = wordy()
    arm = an_arm(N)
    log, paired = log_of(ours, theirs), values_of(arm, PREFERENCE, wins)
    once, always = (
        found(controlled(log, arm, paired, looking=looking)).rate
        for looking in (None, Looking(watching=Watching(), clusters=N))
    )
    assert once.half_width is not None
    assert always.half_width is not None
    assert 1.4 < always.half_width / once.half_width < 1.7
    assert (always.level, always.value) == (once.level, once.value)
    few = an_arm(N, clusters=np.arange(N) // 13)
    told, reason = controlled(
        log, few, values_of(few, PREFERENCE, wins), looking=Looking(watching=Watching(), clusters=93)
    )
    assert told is not None
    assert (told.rate.low, told.rate.reason, reason) == (None, Refused.TOO_FEW, "too_few")
    assert found(controlled(log, few, values_of(few, PREFERENCE, wins))).rate.low is not None


def test_failures_and_pairs_without_lengths_are_left_out() -> None:
    wins, ours, theirs = wordy()
    failed, unknown = np.arange(N) % 10 == 0, np.arange(N) % 10 == 1
    arm = an_arm(N, failed=failed, clusters=np.arange(N) // 3)
    log = log_of(np.where(unknown, np.nan, ours), theirs)
    told = found(controlled(log, arm, values_of(arm, PREFERENCE, np.where(failed, 0.0, wins))))
    there = ~(failed | unknown)
    alone = controlled_win_rate(wins[there], ours[there], theirs[there], clusters=arm.clusters.among(there))
    assert told.rate == alone.rate


def test_densities_of_marks_go_in_beside_length() -> None:
    wins, ours, theirs = wordy()
    bold = (np.round(ours / 50), np.zeros(N))
    arm = an_arm(N)
    told = found(controlled(log_of(ours, theirs, bold=bold), arm, values_of(arm, PREFERENCE, wins)))
    features = [np.column_stack([length, marks / length]) for length, marks in ((ours, bold[0]), (theirs, bold[1]))]
    assert told.rate == controlled_win_rate(wins, *features).rate


def test_lengths_are_characters_then_words_then_tokens() -> None:
    wins, ours, theirs = wordy()
    arm = an_arm(N)
    paired = values_of(arm, PREFERENCE, wins)
    wrong = {"candidate_output_tokens": np.ones(N), "production_output_tokens": np.full(N, 2.0)}
    few = scored(np.where(np.arange(N) % 3, np.nan, 1.0), np.ones(N))
    words = a_log(N, scores={measure("length"): few, measure("length_words"): scored(ours, theirs)}, **wrong)
    tokens = a_log(N, candidate_output_tokens=ours, production_output_tokens=theirs)
    expected = controlled_win_rate(wins, ours, theirs).rate
    assert [found(controlled(log, arm, paired)).rate for log in (words, tokens)] == [expected, expected]


def test_without_lengths_there_is_none_and_without_overlap_the_rate_says_so() -> None:
    wins, ours, theirs = wordy()
    arm = an_arm(N)
    paired = values_of(arm, PREFERENCE, wins)
    assert controlled(a_log(N), arm, paired) == (None, "no_lengths")
    told, reason = controlled(log_of(20 * ours, theirs), arm, paired)
    assert told is not None
    assert told.rate.reason is Refused.NO_OVERLAP
    assert reason == "no_overlap"
    assert told.length_coefficient is None
    assert controlled(log_of(ours, theirs), arm, values_of(arm, JUDGE, wins)) == (None, None)
    everyone_failed = an_arm(N, failed=np.ones(N))
    assert controlled(log_of(ours, theirs), everyone_failed, values_of(everyone_failed, PREFERENCE, wins)) == (
        None,
        "no_lengths",
    )


def test_of_very_many_pairs_a_seeded_part_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controlling, "MOST_PAIRS", 500)
    wins, ours, theirs = wordy()
    arm = an_arm(N)
    paired, log = values_of(arm, PREFERENCE, wins), log_of(ours, theirs)
    one, again, other = (found(controlled(log, arm, paired, seed=seed)).rate for seed in (1, 1, 2))
    assert one.n == 500
    assert one == again != other
