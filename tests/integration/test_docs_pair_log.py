"""docs/pair-log.md tells the truth: its queries run and find something, and it leaves out no table and no column."""

import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.records import Cost, Exchange, FunnelCount, Mark
from shadowbench.scores import CallResult, JudgeCall, PairRef, Score
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import a_measure, invented_traffic

PAGE = (Path(__file__).parents[2] / "docs" / "pair-log.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


NARROW = ["exchanges", "observations", "attempts", "prices", "marks", "funnel", "kept", "log_meta"]
NARROW += ["measures", "scores", "verdicts", "judge_calls", "judge_spending", "replies", "labels", "known_answers"]
NARROW += ["canary_runs", "leases", "segments"]
WIDE = ["requests", "responses"]
COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


def rich(exchange: Exchange) -> Exchange:
    """With a tenant and prices, which the invented traffic has none of."""
    cost = Cost(usd=0.001, reason=None, price='{"model": "large"}')
    candidates = [replace(each, observation=replace(each.observation, cost=cost)) for each in exchange.candidates]
    production = replace(exchange.production, cost=cost)
    return replace(exchange, tenant_key="t", production=production, candidates=tuple(candidates))


def score(url: str) -> None:
    """As a metric and a judge leave it."""
    scores = open_score_log(url, "change")
    (measure,) = scores.register([a_measure("exact_match")])
    scores.put_scores([Score(number, 2, measure, 1.0, None, 0.5) for number in range(1, 201)])
    call = JudgeCall(
        judge="quality", pair=PairRef(1, 1), purpose="verdict", attempt=1, model="large", owner="w", started_at=0.0,
        reserved_usd=0.5,
    )  # fmt: skip
    number = scores.reserve(call, limit_usd=None)
    assert number is not None
    scores.settle_call(number, CallResult(outcome="ok", cost_usd=0.25), now=1.0)
    scores.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    log = open_log(f"sqlite:///{folder}/shadowbench.db", "write")
    log.append([rich(exchange) for exchange in invented_traffic(200)])
    log.put_marks([Mark(at=1.0, kind="model_changed", endpoint="small", before="a", after="b")])
    log.put_funnel([FunnelCount(epoch="e", candidate="small", stage="sent", reason="", count=200)])
    log.close()
    score(f"sqlite:///{folder}/shadowbench.db")
    return folder


@pytest.fixture
def connection(folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{folder}/shadowbench.db?mode=ro", uri=True)
    yield connection
    connection.close()


def test_the_page_has_queries() -> None:
    assert len(blocks("sql")) >= 10
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("query", blocks("sql"))
def test_a_query_of_the_page_finds_something(connection: sqlite3.Connection, query: str) -> None:
    rows = connection.execute(query).fetchall()
    assert rows
    assert any(value is not None for value in rows[0])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_prints_something(folder: Path, command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "sqlite-utils":
        start = [sys.executable, "-m", "sqlite_utils"]
    elif shutil.which(program):
        start = [program]
    else:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([*start, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    assert "small" in done.stdout or "production" in done.stdout


def described(section: str) -> set[str]:
    """The names in the first column of a section's table; `…_x` stands for both sides."""
    (table,) = re.findall(rf"^##+ {section}.*?^\|---\|---\|\n(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    names = [name for line in table.splitlines() for name in re.findall(r"`([^`]+)`", line.split("|")[1])]
    both = [f"{side}_{name[2:]}" for name in names if name.startswith("…_") for side in ("production", "candidate")]
    return {name for name in names if not name.startswith("…_")} | set(both)


@pytest.mark.parametrize("table", [*NARROW, *WIDE])
def test_every_column_of_a_table_is_described(connection: sqlite3.Connection, table: str) -> None:
    columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    assert described(f"`{table}`") == columns


@pytest.mark.parametrize("view", ["pairs", "pair_scores"])
def test_every_column_of_a_view_is_described(connection: sqlite3.Connection, view: str) -> None:
    columns = {row[1] for row in connection.execute(f"PRAGMA table_info({view})")}
    assert described(f"The view `{view}`") == columns


def test_every_table_is_described(connection: sqlite3.Connection) -> None:
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    assert {table for table in tables if f"`{table}`" not in PAGE} == {"sqlite_sequence"}
