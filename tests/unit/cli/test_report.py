"""`report` prints to stdout, and says how to get pairs when there are none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shadowbench.cli.report import ReportOptions, run_report
from shadowbench.errors import UnavailableError
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, invented_traffic


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/log.db"


def fill(url: str, count: int) -> None:
    log = open_log(url, "write")
    log.append(list(invented_traffic(count)))
    log.close()


def test_a_table_goes_to_stdout(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    fill(url, 40)
    assert run_report(ReportOptions(log_url=url, production_again=frozenset({"again"}))) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("40 exchanges, 80 pairs, 2025-10-09")
    assert "A/A" in captured.out
    assert captured.err == ""


def test_json_goes_to_stdout(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    fill(url, 40)
    assert run_report(ReportOptions(log_url=url, format="json", progress=True)) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 80


@pytest.mark.parametrize("exchanges", [[], [an_exchange(1, candidates=())]])
def test_without_pairs_it_says_how_to_get_some(
    url: str, exchanges: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    log = open_log(url, "write")
    log.append(exchanges)  # type: ignore[arg-type]
    log.close()
    assert run_report(ReportOptions(log_url=url)) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Give a candidate a sample_rate above 0" in captured.err
    assert run_report(ReportOptions(log_url=url, format="json")) == 3
    assert json.loads(capsys.readouterr().out)["pairs"] == 0


def test_a_log_that_is_not_there_is_an_error(url: str) -> None:
    with pytest.raises(UnavailableError, match="there is no pair log at"):
        run_report(ReportOptions(log_url=url))


def test_a_terminal_of_few_characters_still_shows_the_numbers(url: str) -> None:
    fill(url, 40)
    script = f"from shadowbench.cli.report import *; run_report(ReportOptions(log_url={url!r}))"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert "latency p50" in done.stdout
