"""What is watched is what the report says of what was declared."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.comparing import __main__ as command
from shadowbench.comparing.effects import effects, for_watching
from shadowbench.policies.reading import read_policy
from shadowbench.reading.log import ReadLog
from shadowbench.reading.opening import read
from shadowbench.report.analysis.analysing import AnalysisOptions, analyse
from shadowbench.report.document.comparisons import Role
from shadowbench.report.policy import Against, Claim, Looks, Policy
from shadowbench.store.opening import open_log
from shadowbench.store.testing import invented_traffic
from shadowbench.worker import to_json

POLICY = replace(read_policy("migration", ""), primary=(), slices=())


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('log')}/pairs.db"
    log = open_log(url, "write")
    log.append(list(invented_traffic(300)))
    log.close()
    return url


@pytest.fixture
def log(url: str) -> Iterator[ReadLog]:
    with read([url]) as log:
        yield log


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadLog]:
    """Each exchange is of a user of its own."""
    url = f"sqlite:///{tmp_path_factory.mktemp('many')}/pairs.db"
    log = open_log(url, "write")
    log.append([replace(each, cluster_key=f"user-{number}") for number, each in enumerate(invented_traffic(600))])
    log.close()
    with read([url]) as opened:
        yield opened


def test_looks_are_as_many_as_one_likes_whatever_was_declared() -> None:
    once = replace(POLICY, watching=replace(POLICY.watching, looks=Looks.ONCE))
    assert for_watching(once).watching == replace(POLICY.watching, looks=Looks.ANY)


def test_the_numbers_are_the_reports(log: ReadLog) -> None:
    document = analyse(log, for_watching(POLICY), AnalysisOptions(made_at=0.0, software="", examples=0))
    told = {
        (candidate.name, each.subject.name, each.statistic.value): (
            each.effect.deciding.value,
            each.effect.deciding.low,
            each.effect.deciding.high,
            each.clusters,
        )
        for candidate in document.candidates
        for each in candidate.comparisons
        if each.role is not Role.SECONDARY and each.effect.deciding.value is not None
    }
    rows = effects(log, POLICY, ())
    assert {
        (row["labels"]["candidate"], row["labels"]["measure"], row["labels"]["statistic"]): (
            row["estimate"],
            row["low"],
            row["high"],
            row["clusters"],
        )
        for row in rows
    } == told
    assert len(rows) == len(told) > 1


@pytest.mark.parametrize(("bound", "refuted"), [(1e-9, True), (1e9, False)])
def test_a_claim_is_refuted_where_its_bound_is_out_of_reach(bound: float, refuted: bool, many: ReadLog) -> None:
    claim = Claim(measure="latency", against=Against.BOUND, bound=bound)
    rows = effects(many, replace(POLICY, guardrails=(claim,)), ())
    assert {row["refuted"] for row in rows} == {refuted}


def test_nothing_is_refuted_by_too_few(log: ReadLog) -> None:
    claim = Claim(measure="latency", against=Against.BOUND, bound=1e-9)
    rows = effects(log, replace(POLICY, guardrails=(claim,)), ())
    assert {row["refuted"] for row in rows} == {False}


def test_a_lane_of_production_itself_is_no_candidate(log: ReadLog) -> None:
    names = {row["labels"]["candidate"] for row in effects(log, POLICY, ())}
    lane = sorted(names)[0]
    assert {row["labels"]["candidate"] for row in effects(log, POLICY, (lane,))} == names - {lane}


def test_without_claims_there_is_nothing_to_watch(log: ReadLog) -> None:
    assert effects(log, Policy(), ()) == []


def test_the_command_reads_what_to_do_and_prints_rows(
    url: str, log: ReadLog, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    candidates = sorted({row["labels"]["candidate"] for row in effects(log, POLICY, ())})
    told = {"store_url": url, "policy": to_json(POLICY), "candidates": [candidates[0], "not-yet"], "again": []}
    assert run(told, monkeypatch) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["labels"]["candidate"] for row in rows} == {candidates[0]}


def test_a_log_that_cannot_be_read_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"store_url": f"sqlite:///{tmp_path}/none.db", "policy": to_json(POLICY), "candidates": [], "again": []}
    assert run(told, monkeypatch) == 1
    assert capsys.readouterr().err.count("\n") == 1


def run(told: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> int:
    """In this process, which keeps its priority and outlives its parent."""
    for name in ("forbid_core_dumps", "die_with_parent"):
        monkeypatch.setattr(command, name, lambda: None)
    monkeypatch.setattr("os.nice", lambda by: by)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(told)))
    return command.main()
