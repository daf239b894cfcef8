"""The log's commands as a user meets them: what they print, their exit codes, and no traceback."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shadowbench.cli.app import app
from shadowbench.errors import ShadowbenchError
from shadowbench.store.opening import open_log
from shadowbench.store.testing import FIRST_SECOND, an_exchange


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    log.append([an_exchange(number, user_key="0a" * 12 if number > 8 else None) for number in range(1, 11)])
    log.close()
    return tmp_path


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--log", "log.db"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def sequences(text: str) -> list[int]:
    return [json.loads(line)["exchange"]["sequence"] for line in text.splitlines()]


def test_an_export_is_bounded_by_time_and_number(folder: Path) -> None:
    assert sequences(run("export")) == list(range(1, 11))
    assert sequences(run("export", "--after", "7")) == [8, 9, 10]
    since, until = (f"2025-10-09T08:53:{20 + second:02d}" for second in (3, 6))
    assert FIRST_SECOND == 1_760_000_000  # 08:53:20
    assert sequences(run("export", "--since", since, "--until", until)) == [3, 4, 5]


def test_the_format_follows_the_name(folder: Path) -> None:
    for name, begins in (("a.csv", b"exchange_id,"), ("a.parquet", b"PAR1"), ("a.jsonl.gz", b"\x1f\x8b"), ("a", b"{")):
        run("export", "-o", name)
        assert (folder / name).read_bytes().startswith(begins)


def test_pruning_erasing_and_migrating_say_what_they_did(folder: Path) -> None:
    assert run("prune", "--keep", "4", "--dry-run") == "6 of 10 exchanges would be removed\n"
    assert run("prune", "--keep", "4").startswith("6 exchanges removed, 4 exchanges left; ")
    assert run("erase", "--key", "0a" * 12) == "2 exchanges erased\n"
    assert run("migrate") == "log.db has schema version 4 already\n"
    assert sequences(run("export")) == [7, 8]


def test_an_import_goes_into_the_log_that_is_named(folder: Path) -> None:
    run("export", "-o", "a.jsonl")
    done = CliRunner().invoke(app, ["import", "--log", "new.db", "a.jsonl", "log.db"], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stderr == "a.jsonl: 10 exchanges imported\nlog.db: 0 exchanges imported, 10 already there\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["prune"], "what shall go"),
        (["prune", "--older-than", "old"], "--older-than: 'old' is no duration"),
        (["prune", "--max-bytes", "big"], "--max-bytes: 'big' is no size"),
        (["erase"], "whose"),
        (["erase", "--key", "ada@example.org"], "24 hexadecimal digits"),
        (["erase", "--user", "a"], "there is no secret file"),
        (["export", "--since", "soon"], "--since: 'soon' is no time"),
        (["export", "-o", "x.parquet.zst"], "leave .zst off"),
        (["import", "none.jsonl"], "cannot read none.jsonl"),
    ],
)
def test_what_cannot_be_meant_is_told(folder: Path, arguments: list[str], why: str) -> None:
    with pytest.raises(ShadowbenchError, match=why):
        CliRunner().invoke(app, [*arguments, "--log", "log.db"], catch_exceptions=False)
