"""Judges corrected by people: against labels of known truth, and through a log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shadowbench
from benchmarks.made_log import make_log
from shadowbench.report.analysis.arms import arms_of
from shadowbench.report.analysis.correcting import Sure, corrected, with_known
from shadowbench.report.analysis.people import People, Said
from shadowbench.report.analysis.values import Paired, intended, score_values
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Corrected
from shadowbench.report.policy import Looks, Watching
from shadowbench.scores import Label, PairRef, Preferred
from shadowbench.stats.clusters import mean
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.methods import Method
from shadowbench.store.opening import open_score_log
from tests.unit.report.analysis.invented import (
    JUDGE,
    LIKENESS,
    PREFERENCE,
    a_log,
    a_subject,
    an_arm,
    coded,
    of_sides,
    said,
    scored,
    values_of,
)

POINTS = {0.0: Preferred.PRODUCTION, 0.5: Preferred.TIE, 1.0: Preferred.CANDIDATE}


def of_people(truth: Any, rows: Any, probability: Any = None) -> People:
    chances = np.ones(len(truth)) if probability is None else probability
    return People([said(int(row), POINTS[truth[row]], probability=float(chances[row])) for row in rows])


def found(told: tuple[Corrected | None, str | None]) -> Corrected:
    assert told[0] is not None, told[1]
    return told[0]


def judged(chance: np.random.Generator, truth: Any, errs: float = 0.2, lean: float = 0.3) -> Any:
    """A judge's scores: now and then something else, and more often the candidate than not."""
    other = (chance.random(len(truth)) < 0.5 + lean).astype(float)
    return np.where(chance.random(len(truth)) < errs, other, truth)


def test_intervals_hold_the_truth_of_people_as_often_as_they_say() -> None:
    chance = np.random.default_rng(1)
    held, widths = 0, []
    for _ in range(200):
        leans = np.repeat(chance.uniform(0.2, 0.6, 150), 4)  # clusters of four; the candidate wins two fifths
        truth = (chance.random(600) < leans).astype(float)
        arm = an_arm(600, clusters=np.arange(600) // 4)
        scores = judged(chance, truth)
        people = of_people(truth, chance.choice(600, 120, replace=False))
        told = found(corrected(a_log(600), people, arm, values_of(arm, PREFERENCE, scores)))
        held += not told.effect.excludes(0.4)
        widths.append(told.effect.half_width)
        assert told.labels == 120
    assert 0.91 <= held / 200 <= 0.99
    assert np.mean(widths) < 1.96 * np.sqrt(0.25 / 120)  # sharper than labels alone


class Voters(People):
    """People from arrays: each a vote for one pair."""

    def __init__(self, truth: Any, rows: Any) -> None:
        self._said = Said(rows=rows, values=truth[rows], probability=np.ones(len(rows)))

    def preferences(self) -> Said:
        return self._said


def watched_until_wrong(chance: np.random.Generator, sure: list[Sure], errs: Judge) -> list[bool]:
    """Of one log, after every two hundred pairs, a tenth of them labelled: whether the truth was excluded at some look."""
    n = 2400
    leans = np.repeat(chance.uniform(0.2, 0.6, n // 2), 2)
    truth = (chance.random(n) < leans).astype(float)
    scores, rows = errs(chance, truth), np.flatnonzero(chance.random(n) < 0.1)
    wrong = [False] * len(sure)
    for look in range(200, n + 1, 200):
        arm = an_arm(look, clusters=np.arange(look) // 2)
        people, paired = Voters(truth, rows[rows < look]), values_of(arm, PREFERENCE, scores[:look])
        for place, each in enumerate(sure):
            told, _ = corrected(a_log(0), people, arm, paired, sure=each)
            wrong[place] |= told is not None and told.effect.excludes(0.4)
    return wrong


Judge = Callable[[np.random.Generator, Any], Any]
JUDGES: dict[str, Judge] = {
    "errs often": lambda chance, truth: judged(chance, truth),
    "errs rarely": lambda chance, truth: np.where(chance.random(len(truth)) < 0.03, 1.0, truth),
}


@pytest.mark.parametrize("kind", JUDGES)
def test_however_often_one_looks_the_truth_of_people_is_hardly_ever_excluded(kind: str) -> None:
    """By the interval of a single look it is one in eleven, and one in six without what `steadied` adds."""
    chance, runs = np.random.default_rng(11), 60
    always = Sure(looking=Looking(watching=Watching(), clusters=1000))
    found = np.array([watched_until_wrong(chance, [always, Sure()], JUDGES[kind]) for _ in range(runs)])
    assert found[:, 0].mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)
    if kind == "errs often":
        assert found[:, 1].mean() > 0.07


def test_looks_widen_it_and_labels_are_the_clock() -> None:
    chance = np.random.default_rng(12)
    truth = (chance.random(3000) < 0.4).astype(float)
    arm = an_arm(3000)
    paired, people = values_of(arm, PREFERENCE, judged(chance, truth)), of_people(truth, np.arange(300))
    once, always, planned = (
        found(corrected(a_log(0), people, arm, paired, sure=Sure(looking=looking))).effect
        for looking in (
            None,
            *(Looking(watching=Watching(looks=rule), clusters=1000) for rule in (Looks.ANY, Looks.PLANNED)),
        )
    )
    assert once.half_width is not None
    assert always.half_width is not None
    assert planned.half_width is not None
    assert once.half_width < planned.half_width < 1.1 * once.half_width
    assert 1.4 < always.half_width / once.half_width < 1.8
    assert (once.level, always.level, always.worth) == (0.95, 0.95, 300)


def test_a_few_labels_that_stand_for_nearly_everything_are_few() -> None:
    chance = np.random.default_rng(13)
    truth = (chance.random(2000) < 0.4).astype(float)
    arm = an_arm(2000)
    probability = np.where(np.arange(2000) < 10, 1e-4, 1.0)
    people = of_people(truth, np.arange(300), probability)
    assert corrected(a_log(2000), people, arm, values_of(arm, PREFERENCE, truth)) == (None, "few_labels")


def test_the_judges_own_mean_would_be_wrong() -> None:
    chance = np.random.default_rng(2)
    truth = (chance.random(4000) < 0.4).astype(float)
    arm = an_arm(4000)
    paired = values_of(arm, PREFERENCE, judged(chance, truth))
    told = found(corrected(a_log(4000), of_people(truth, np.arange(400)), arm, paired))
    assert mean(paired.candidate).excludes(0.4)
    assert not told.effect.excludes(0.4)
    assert told.effect.method is Method.PREDICTION_POWERED
    assert told.saved is not None
    assert told.saved > 100


def test_labels_that_were_drawn_unequally_are_weighted() -> None:
    # People prefer the candidate in disputed pairs alone, and these were asked about ten times as often.
    chance = np.random.default_rng(4)
    disputed = chance.random(5000) < 0.1
    truth = np.where(disputed, 1.0, 0.0)
    probability = np.where(disputed, 0.5, 0.05)
    rows = np.flatnonzero(chance.random(5000) < probability)
    arm = an_arm(5000)
    paired = values_of(arm, PREFERENCE, judged(chance, truth, errs=0.5))
    weighted = found(corrected(a_log(5000), of_people(truth, rows, probability), arm, paired))
    naive = found(corrected(a_log(5000), of_people(truth, rows), arm, paired))
    assert not weighted.effect.excludes(disputed.mean())
    assert naive.effect.excludes(disputed.mean())


def test_failures_need_no_label_and_count_as_what_they_are() -> None:
    # Half of the copies fail, which nobody is asked about; of the others people like two thirds.
    chance = np.random.default_rng(4)
    failed = np.arange(3000) % 2 == 0
    truth = np.where(failed, 0.0, chance.random(3000) < 2 / 3)
    arm = an_arm(3000, failed=failed)
    paired = values_of(arm, PREFERENCE, np.where(failed, 0.0, judged(chance, truth)))
    told = found(corrected(a_log(3000), of_people(truth, np.flatnonzero(~failed)[:300]), arm, paired))
    assert told.effect.value == pytest.approx(truth.mean(), abs=0.03)
    assert not told.effect.excludes(truth.mean())
    assert told.effect.n == 3000


def test_answers_that_read_the_same_are_ties_that_nobody_is_asked_about() -> None:
    chance = np.random.default_rng(5)
    same = np.arange(3000) % 3 > 0
    truth = np.where(same, 0.5, (chance.random(3000) < 0.8).astype(float))
    arm = an_arm(3000)
    paired = values_of(arm, PREFERENCE, np.where(same, 0.5, judged(chance, truth)))
    patterns = coded(["identical" if each else "both" for each in same])
    measure = of_sides("judge", kind="judge")
    log = a_log(3000, scores={measure: scored(np.ones(3000))}, told={"judge": patterns})
    people = of_people(truth, np.flatnonzero(~same)[:300])
    aware = found(corrected(log, people, arm, paired))
    assert aware.effect.value == pytest.approx(0.6, abs=0.02)
    assert aware.effect.half_width is not None
    assert aware.effect.half_width < 0.02
    blind = found(corrected(a_log(3000), people, arm, paired))
    assert blind.effect.value != pytest.approx(0.6, abs=0.02)


def test_ratings_of_both_sides_correct_the_difference_in_the_judges_unit() -> None:
    chance = np.random.default_rng(6)
    theirs = chance.integers(1, 5, 2000)
    ours = theirs + (chance.random(2000) < 0.3)
    arm = an_arm(2000)
    subject = a_subject("judge", origin=JUDGE.origin, low=0.0, high=10.0)
    scores = [(each - 1) * 2.5 + chance.normal(bias, 1, 2000) for each, bias in ((ours, 2.0), (theirs, 0.0))]
    paired = values_of(arm, subject, scores[0], scores[1])
    labels = [
        said(row, value=float(each[row]), question=question)
        for each, question in ((ours, "judge"), (theirs, "judge@production"))
        for row in range(300)
    ]
    told = found(corrected(a_log(2000), People(labels), arm, paired))
    assert told.effect.value == pytest.approx(0.3 * 2.5, abs=0.15)  # and not 2 more
    assert told.labels == 300
    assert corrected(a_log(2000), People(labels[:300]), arm, paired) == (None, "no_labels")


def test_a_judge_of_yes_and_no_is_corrected_by_side_where_no_pair_has_both() -> None:
    chance = np.random.default_rng(7)
    n = 6000
    right = [chance.random(n) < share for share in (0.6, 0.8)]  # candidate, production
    passed = [np.where(each, chance.random(n) < 0.9, chance.random(n) < 0.3) for each in right]
    arm = an_arm(n)
    paired = values_of(arm, JUDGE, passed[0], passed[1])
    labels = [
        said(row, value=5.0 if each[row] else 1.0, question=question)
        for each, question, rows in ((right[0], "judge", range(500)), (right[1], "judge@production", range(500, 1000)))
        for row in rows
    ]
    told = found(corrected(a_log(n), People(labels), arm, paired))
    assert told.effect.method is Method.ROGAN_GLADEN
    assert not told.effect.excludes(-0.2)
    assert mean(paired.difference).excludes(-0.2)  # 0.6 of it
    assert told.labels == 1000
    by_lot = [replace(each, label=replace(each.label, value=float(chance.choice([1, 5])))) for each in labels]
    assert corrected(a_log(n), People(by_lot), arm, paired) == (None, "weak_judge")


def test_what_cannot_be_corrected_says_why() -> None:
    chance = np.random.default_rng(8)
    truth = (chance.random(500) < 0.4).astype(float)
    arm, log = an_arm(500), a_log(500)
    paired = values_of(arm, PREFERENCE, judged(chance, truth))
    assert corrected(log, People([]), arm, paired) == (None, "no_labels")
    assert corrected(log, of_people(truth, range(19)), arm, paired) == (None, "few_labels")
    contrary = values_of(arm, PREFERENCE, 1 - truth)
    assert corrected(log, of_people(truth, range(200)), arm, contrary) == (None, "weak_judge")
    ties = np.full(500, 0.5)
    assert corrected(log, of_people(ties, range(200)), arm, values_of(arm, PREFERENCE, ties)) == (None, "no_variation")
    assert corrected(log, of_people(truth, range(200)), arm, values_of(arm, LIKENESS, truth)) == (None, None)
    few_clusters = an_arm(500, clusters=np.arange(500) // 30)
    assert corrected(log, of_people(truth, range(200)), few_clusters, values_of(few_clusters, PREFERENCE, truth)) == (
        None,
        "few_labels",
    )


@settings(deadline=None)
@given(share=st.floats(0.05, 0.95), value=st.floats(-1, 1))
def test_known_pairs_move_the_value_by_their_share_and_never_sharpen_beyond_it(share: float, value: float) -> None:
    n = 400
    arm = an_arm(n)
    known = np.arange(n) < share * n
    paired = values_of(arm, JUDGE, np.where(known, -1.0, 0.0))
    part = Estimate(
        method=Method.PREDICTION_POWERED, level=0.95, n=n, clusters=n, value=value, low=value - 0.1, high=value + 0.1, se=0.05
    )  # fmt: skip
    told = with_known(part, paired, known)
    is_known = float(known.mean())
    assert told.value == pytest.approx(-is_known + (1 - is_known) * value)
    assert told.half_width is not None
    assert told.half_width >= (1 - is_known) * 0.1 - 1e-12
    assert with_known(part, paired, np.zeros(n, bool)) is part


def test_the_standard_error_with_known_ones_is_what_effects_vary_by() -> None:
    rng, n, told, values = np.random.default_rng(5), 400, [], []
    for _ in range(300):
        known, drawn = rng.random(n) < 0.4, rng.random(n)
        paired = values_of(an_arm(n), PREFERENCE, np.where(known, 0.0, drawn))
        effect = with_known(mean(drawn[~known]), paired, known)
        assert effect.se is not None
        assert effect.half_width == pytest.approx(1.96 * effect.se, rel=0.01)
        told.append(effect.se)
        values.append(effect.value)
    assert np.mean(told) == pytest.approx(np.std(values), rel=0.15)


def test_labels_that_are_in_the_log_correct_the_judge_there(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    make_log(path, pairs=3000, metrics=6, seed=1)
    chance = np.random.default_rng(9)
    with closing(open_score_log(f"sqlite:///{path}", "change")) as scores, shadowbench.read(path) as log:
        # People see every second win of the candidate as a tie.
        value = log.scores["pairwise"].value
        small = log.pairs.words("candidate") == "small"
        rows = chance.choice(np.flatnonzero(small & ~np.isnan(value)), 200, replace=False)
        truth = np.where((value == 1) & (np.arange(len(value)) % 2 == 0), 0.5, value)
        scores.put_labels([_label(log.pairs, int(row), truth[row]) for row in rows])
    with shadowbench.read(path) as log:
        (arm,) = (each for each in arms_of(log, ["twin"]) if each.name == "small")
        paired: Paired = intended(score_values(log, arm, log.scores.measure("pairwise")), arm)
        told = found(corrected(log, People.of(log), arm, paired))
        rows = arm.rows[paired.places]
        as_people = replace(paired, candidate=np.where(paired.imputed, paired.candidate, truth[rows]))
        wanted = mean(as_people.candidate, clusters=as_people.clusters, weights=as_people.weights)
    assert told.labels == 200
    assert wanted.value is not None
    assert not told.effect.excludes(wanted.value)
    assert told.effect.value != pytest.approx(mean(paired.candidate, weights=paired.weights).value, abs=0.02)


def _label(pairs: Any, row: int, truth: float) -> Label:
    return Label(
        pair=PairRef(int(pairs["exchange_number"][row]), int(pairs["candidate_side"][row])), question="preference",
        labeller="ann", labelled_at=1.0, preferred=POINTS[truth],
    )  # fmt: skip
