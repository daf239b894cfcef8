"""`import --shape` as a user meets it: good rows are put, bad ones named, and nothing is doubled."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from shadowbench.cli.app import app
from shadowbench.errors import ConfigurationError
from shadowbench.store.base import each_exchange
from shadowbench.store.opening import open_log, open_score_log

SHAPE = """
name: ours
version: "1"
file: "asked*"
key: id
exchange: {prompt: question, request_id: id, started_at: when}
production: {text: answer}
candidates:
  - file: "*.csv"
    name: {file: stem}
    text: said
    scores:
      - {name: won, value: winner, words: {us: 0, tie: 0.5, them: 1}, absent: ["?"], low: 0, high: 1}
"""
ASKED = [
    {"id": 1, "question": "2+2?", "answer": "4", "when": "2026-01-31"},
    {"id": 2, "question": "3+3?", "answer": "6", "when": None},
    {"id": 3, "question": "4+4?", "answer": "8", "when": None},
]
SMALL = "id,said,winner\n1,four,them\n2,five,us\n3,eight,?\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shape.yaml").write_text(SHAPE)
    (tmp_path / "asked.json").write_text(json.dumps(ASKED))
    (tmp_path / "small.csv").write_text(SMALL)
    return tmp_path


def run(*arguments: str) -> Result:
    command = ["import", "--log", "log.db", "--shape", "shape.yaml", *arguments]
    return CliRunner().invoke(app, command, catch_exceptions=False)


def pairs() -> list[tuple[Any, ...]]:
    with closing(open_log("sqlite:///log.db", "read")) as log:
        return [
            (exchange.request_id, exchange.started_at, each.observation.endpoint)
            for exchange in each_exchange(log)
            for each in exchange.candidates
        ]


def values() -> list[float | None]:
    with closing(open_score_log("sqlite:///log.db", "read")) as scores:
        return [score.value for score in scores.scores_of([1], after=0, upto=99)]


def test_files_become_pairs_with_their_scores(folder: Path) -> None:
    done = run("asked.json", "small.csv", "--at", "1970-01-02")
    assert done.exit_code == 0
    assert done.stderr == (
        "ours: 3 exchanges with 3 pairs imported, 3 scores\nsmall: won was not given for 1 pair of 3\n"
    )
    assert pairs() == [("1", 1769817600.0, "small"), ("2", 86400.0, "small"), ("3", 86400.0, "small")]
    assert values() == [1.0, 0.0, None]


def test_scores_of_answers_that_are_not_there_are_told_and_not_taken(folder: Path) -> None:
    (folder / "small.csv").write_text(SMALL.replace("2,five,us", "2,,us"))
    done = run("asked.json", "small.csv")
    assert done.exit_code == 0
    assert done.stderr.splitlines()[1:] == [
        "small: won was not given for 1 pair of 3",
        "small: won was given for 1 pair of 3 without an answer to score, and not taken: a failure counts as one",
    ]
    assert values() == [1.0, None, None]


def test_a_second_import_adds_nothing_whatever_the_time(folder: Path) -> None:
    run("asked.json", "small.csv", "--at", "1970-01-02")
    done = run("small.csv", "asked.json")
    assert done.stderr.startswith("ours: 0 exchanges with 0 pairs imported, 3 pairs already there\n")
    assert len(pairs()) == 3


def test_bad_rows_are_named_and_mended_ones_complete_the_log(folder: Path) -> None:
    (folder / "small.csv").write_text(SMALL.replace("2,five,us", "2,five,nobody"))
    done = run("asked.json", "small.csv")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "small.csv:3: 'winner' is a number, not 'nobody', nor one of us, tie, them",
        "ours: 2 exchanges with 2 pairs imported, 2 scores, 1 bad row: mend and import again, nothing is doubled",
        "small: won was not given for 1 pair of 2",
    ]
    (folder / "small.csv").write_text(SMALL)
    assert run("asked.json", "small.csv").exit_code == 0
    assert sorted(name for name, *_ in pairs()) == ["1", "2", "3"]


def test_bad_rows_may_be_passed_over(folder: Path) -> None:
    (folder / "small.csv").write_text(SMALL + "".join(f"{number},x,us\n" for number in range(10, 70)))
    done = run("asked.json", "small.csv", "--skip-bad")
    assert done.exit_code == 0
    assert "small.csv:5: there is no exchange with 'id' 10\n" in done.stderr
    assert "… and 10 more bad rows\n" in done.stderr
    assert "60 bad rows passed over" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["small.csv"], r"which file has the exchanges\? Of the shape ours its name is as asked\*"),
        (["asked.json"], r"which files have the candidates' answers\? Of the shape ours: asked\*, \*\.csv"),
        (["asked.json", "log.txt"], r"log\.txt: no file of the shape ours has such a name: asked\*, \*\.csv"),
        ([], r"what shall be imported\?"),
    ],
)
def test_files_that_do_not_fit_are_told(folder: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        run(*arguments)
    assert not (folder / "log.db").exists()


def test_what_a_candidate_has_not_answered_is_told(folder: Path) -> None:
    (folder / "large.csv").write_text("id,said,winner\n2,six,them\n")
    done = run("asked.json", "small.csv", "large.csv")
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "large.csv: no row for 2 exchanges; they have no such pair"
    assert sorted(name for *_, name in pairs()) == ["large", "small", "small", "small"]


def test_large_files_come_whole_whoever_watches(folder: Path) -> None:
    asked = [{"id": n, "question": f"{n}?", "answer": "x" * 4000, "when": None} for n in range(1, 1001)]
    (folder / "asked.json").write_text(json.dumps(asked))
    (folder / "small.csv").write_text("id,said,winner\n" + "".join(f"{n},{n},us\n" for n in range(1, 1001)))
    assert run("asked.json", "small.csv").stderr == "ours: 1,000 exchanges with 1,000 pairs imported, 1,000 scores\n"
    assert [name for name, *_ in pairs()] == [str(n) for n in range(1, 1001)]


def test_an_unknown_key_of_the_shape_is_named(folder: Path) -> None:
    (folder / "shape.yaml").write_text(SHAPE.replace("winner,", "winner, wrods: {},"))
    with pytest.raises(ConfigurationError, match=r"candidates\[0\]\.scores\[0\]: there is no key 'wrods'"):
        run("asked.json", "small.csv")


def test_a_time_needs_a_shape(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="--at is for rows without a time"):
        CliRunner().invoke(app, ["import", "--log", "log.db", "--at", "7d", "asked.json"], catch_exceptions=False)
