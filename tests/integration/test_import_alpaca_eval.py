"""The published numbers of AlpacaEval from an import of its files, through the commands that everybody has."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shadowbench
from shadowbench.report.analysis.analysing import AnalysisOptions, analyse
from shadowbench.report.document.comparisons import Comparison, Scale
from shadowbench.report.document.root import Document
from shadowbench.report.policy import Claim, Looks, Policy, Watching
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.win_rates import win_rate
from shadowbench.store.base import each_exchange
from shadowbench.store.opening import open_log, open_score_log

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "alpaca_eval"
MODELS = ["FuseChat-Gemma-2-9B-Instruct", "claude-2", "claude-2.1", "gpt-3.5-turbo-1106"]
pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="needs ../shared/data/alpaca_eval (published answers)")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ.copy()
    command = [sys.executable, "-m", "shadowbench.cli", *arguments, "--log", "alpaca.db"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alpaca")
    files = [str(file) for file in sorted(PUBLISHED.glob("*.jsonl"))]
    first = run(folder, "import", "--shape", "alpaca_eval", "--at", "2024-03-01", *files)
    assert first.stderr == "alpaca_eval: 805 exchanges with 3,220 pairs imported, 3,220 scores\n"
    second = run(folder, "import", "--shape", "alpaca_eval", *files)
    assert second.stderr == "alpaca_eval: 0 exchanges with 0 pairs imported, 3,220 pairs already there\n"
    run(folder, "score", "--once", "--quiet", "--metric", "length")
    return folder


def published(model: str) -> Mapping[str, float]:
    with (PUBLISHED / "leaderboard.csv").open() as lines:
        row = {row[""]: row for row in csv.DictReader(lines)}[model]
    return {name: float(row[name]) for name in ("win_rate", "standard_error", "n_total", "avg_length")}


@pytest.fixture(scope="module")
def report(folder: Path) -> Mapping[str, Any]:
    """What the command reports of the log: nobody changes it."""
    return json.loads(run(folder, "report", "--format", "json").stdout)


def reported(report: Mapping[str, Any], model: str) -> Mapping[str, Mapping[str, Any]]:
    """The means of a model's measures, by the measure's name."""
    candidate = next(each for each in report["candidates"] if each["name"] == model)
    return {each["subject"]["name"]: each for each in candidate["comparisons"] if each["statistic"] == "mean"}


def of_the_log(folder: Path, model: str) -> tuple[list[float], list[str]]:
    """The scores of a model's pairs, and their clusters."""
    url = f"sqlite:///{folder}/alpaca.db"
    with closing(open_log(url, "read")) as log, closing(open_score_log(url, "read")) as scores:
        exchanges = list(each_exchange(log, with_bodies=False))
        names = [each.observation.endpoint for each in exchanges[0].candidates]
        measure = next(known.id for known in scores.measures() if known.measure.name == "alpaca_eval")
        found = scores.scores_of([measure], after=0, upto=log.newest())
    mine = [score.value for score in found if score.side == names.index(model) + 1 and score.value is not None]
    return mine, [exchange.cluster_key for exchange in exchanges]


@pytest.mark.parametrize("model", MODELS)
def test_the_published_win_rate_is_in_the_report(report: Mapping[str, Any], model: str) -> None:
    found = reported(report, model)["alpaca_eval"]
    assert found["n"] == published(model)["n_total"]
    assert 100 * found["effect"]["once"]["value"] == pytest.approx(published(model)["win_rate"], abs=1e-6)
    assert 100 * found["effect"]["once"]["se"] == pytest.approx(published(model)["standard_error"], abs=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_the_published_standard_error_follows_from_the_log(folder: Path, model: str) -> None:
    values, clusters = of_the_log(folder, model)
    assert 100 * np.std(values, ddof=1) / np.sqrt(len(values)) == pytest.approx(
        published(model)["standard_error"], abs=1e-6
    )
    found = win_rate(values, clusters=Clusters.of(clusters))
    assert found.rate.se is not None
    assert 100 * found.rate.se == pytest.approx(published(model)["standard_error"], abs=1e-6)


@pytest.fixture(scope="module")
def document(folder: Path) -> Document:
    policy = Policy(primary=(Claim(measure="alpaca_eval"),), watching=Watching(looks=Looks.ONCE))
    with shadowbench.read(folder / "alpaca.db") as log:
        return analyse(log, policy, AnalysisOptions(made_at=0.0, software="1.0", examples=1))


def compared(document: Document, model: str) -> Comparison:
    candidate = next(each for each in document.candidates if each.name == model)
    return candidate.comparisons[0]


@pytest.mark.parametrize("model", MODELS)
def test_the_published_win_rate_and_its_standard_error_are_the_comparisons(document: Document, model: str) -> None:
    found = compared(document, model)
    assert (found.subject.name, found.effect.scale) == ("alpaca_eval", Scale.PREFERENCE)
    assert (found.n, found.clusters, found.imputed) == (805, 805, 0)
    estimate = found.effect.once
    assert estimate.value is not None
    assert estimate.se is not None
    assert 100 * estimate.value == pytest.approx(published(model)["win_rate"], abs=1e-6)
    assert 100 * estimate.se == pytest.approx(published(model)["standard_error"], abs=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_wins_ties_and_losses_are_counted_of_independent_pairs(document: Document, model: str) -> None:
    found = compared(document, model)
    assert found.outcomes is not None
    assert found.outcomes.wins + found.outcomes.ties + found.outcomes.losses == 805
    assert found.outcomes.sign_p is not None


@pytest.mark.parametrize("model", MODELS)
def test_imported_answers_are_scored_as_others_are(report: Mapping[str, Any], model: str) -> None:
    length = reported(report, model)["length"]
    assert length["n"] == 805
    assert length["candidate"]["value"] == pytest.approx(published(model)["avg_length"], abs=1)
    assert length["production"]["value"] == pytest.approx(published("gpt4_1106_preview")["avg_length"], abs=1)
