"""Whoever leaves pairs out because another version scored them says so."""

from __future__ import annotations

from pathlib import Path

import pytest

import shadowbench
from shadowbench.report import words
from shadowbench.report.analysis.analysing import AnalysisOptions, analyse
from shadowbench.report.document.root import Document
from shadowbench.report.policy import Claim, Policy, Requirements
from shadowbench.scores import Score, Shape
from shadowbench.store.testing import a_measure, an_exchange
from tests.contract.scorers import logs_in

POLICY = Policy(
    primary=(Claim(measure="pairwise", margin=0.05),), requires=Requirements(pairs=1, clusters=1, most_unscored=1.0)
)


def analysed(folder: Path, *, verdicts_only: bool, scored_in: str = "ab") -> Document:
    """Two logs whose judges have other configurations; the second's is the newest."""
    for place, name in enumerate("ab"):
        (folder / name).mkdir()
        with logs_in(folder / name) as (log, scores):
            log.append([an_exchange(10 * place + number) for number in (1, 2)])
            judge = a_measure("pairwise", kind="judge", shape=Shape.PAIR, low=0.0, high=1.0, config_hash=f"{name}hash")
            (measure,) = scores.register([judge])
            scores.put_scores(Score(number, 1, measure, 1.0, None) for number in (1, 2) if name in scored_in)
    with shadowbench.read([folder / "a" / "log.db", folder / "b" / "log.db"]) as read:
        return analyse(read, POLICY, AnalysisOptions(made_at=1.0, software="1", verdicts_only=verdicts_only))


@pytest.mark.parametrize("verdicts_only", [True, False])
def test_pairs_that_another_version_scored_are_a_warning_with_the_version_and_the_log(
    tmp_path: Path, verdicts_only: bool
) -> None:
    document = analysed(tmp_path, verdicts_only=verdicts_only)
    (note,) = (each for each in document.warnings if each.code == "other_version")
    assert (note.measure, note.values["pairs"]) == ("pairwise", 2)
    told = words.sentence(note)
    assert "2 pairs were scored for pairwise by another version of it alone" in told
    assert "1 (configuration ahash) of log.db in 2" in told
    (comparison, *_) = (each for each in document.candidates[0].comparisons if each.subject.name == "pairwise")
    assert (comparison.n, comparison.missing.pair) == (2, {"other_version": 2})


def test_where_no_pair_has_the_newest_version_the_claim_says_that(tmp_path: Path) -> None:
    document = analysed(tmp_path, verdicts_only=True, scored_in="a")
    (condition,) = document.candidates[0].verdict.conditions
    assert condition.reason == "other_version"  # and not that people do not bear the judge out
    assert document.candidates[0].verdict.blockers == ()
