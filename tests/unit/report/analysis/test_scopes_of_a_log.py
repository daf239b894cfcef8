"""A log whose judge needs a right answer, and has one for few requests: production itself is not refused for its failures."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import shadowbench
from benchmarks.made_log import make_log
from shadowbench.report.analysis.analysing import AnalysisOptions, analyse
from shadowbench.report.document.verdicts import Decision
from shadowbench.report.policy import Claim, Policy, Requirements

POLICY = Policy(primary=(Claim(measure="pairwise", margin=0.05),), requires=Requirements(uncalibrated_judges=True))
FAILED = "(exchange * 2654435761) % 10007 < 250"
UNKNOWN = "(exchange * 40503) % 1009 >= 50"  # 95 of 100 requests


def with_few_references(path: Path) -> None:
    """As a judge that tells a fault before it looks for a reference leaves it."""
    log = sqlite3.connect(path)
    pairwise = "side = 2 AND measure = (SELECT id FROM measures WHERE name = 'pairwise') AND reason IS NULL"
    log.execute(
        f"UPDATE observations SET outcome = 'http_error', reason = 'status' WHERE side = 2 AND {FAILED} AND outcome = 'ok'"
    )
    log.execute(f"UPDATE scores SET value = NULL, reason = 'fault_http_error' WHERE {pairwise} AND {FAILED}")
    log.execute(f"UPDATE scores SET value = NULL, reason = 'no_reference' WHERE {pairwise} AND {UNKNOWN}")
    log.commit()
    log.close()


def test_production_itself_is_not_refused_by_a_judge_that_has_few_references(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    make_log(path, pairs=16_000, metrics=6, seed=5)
    with_few_references(path)
    with shadowbench.read(path) as log:
        document = analyse(log, POLICY, AnalysisOptions(made_at=0.0, software="1.0", examples=0))
    twin = next(each for each in document.candidates if each.name == "twin")
    (found, *_) = twin.comparisons
    assert found.imputed > 50
    assert twin.verdict.decision is not Decision.MAY_NOT
    assert abs((found.effect.deciding.value or 0) - 0.49) < 0.05
