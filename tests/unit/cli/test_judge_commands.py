"""The commands about labels and judges, by their arguments."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shadowbench.cli.app import app
from shadowbench.errors import ConfigurationError
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import an_exchange, an_observation


@pytest.fixture
def log(tmp_path: Path) -> str:
    with closing(open_log(f"sqlite:///{tmp_path}/log.db", "write")) as log:
        log.append([an_exchange(n, an_observation("Oslo.", endpoint="small")) for n in range(1, 6)])
    return str(tmp_path / "log.db")


def run(*arguments: str, keys: str | None = None) -> Any:
    return CliRunner().invoke(app, arguments, input=keys, env={"COLUMNS": "160"})


def test_labels_are_given_and_counted_on_cards_and_frozen(log: str) -> None:
    given = run("label", "--log", log, "--labeller", "ann", "--size", "3", "--twice", "0", keys="1\n2\nt\n")
    assert given.exit_code == 0 and "3 labels kept" in given.output
    with closing(open_score_log(f"sqlite:///{log}", "read")) as scores:
        assert {label.labeller for label in scores.labels()} == {"ann"}
        assert {label.probability for label in scores.labels()} == {0.6}
    assert run("judges", "freeze", "gold", "--log", log).exit_code == 0
    nothing = run("judges", "--log", log, "--format", "json")
    assert nothing.exit_code == 3 and json.loads(nothing.stdout)["judges"] == []


def test_labels_and_references_are_imported_beside_exchanges(log: str, tmp_path: Path) -> None:
    labels, references, other = tmp_path / "l.csv", tmp_path / "r.jsonl", tmp_path / "other.db"
    labels.write_text("exchange_number,preferred\n1,tie\n")
    references.write_text('{"exchange_number": 9, "reference": "Riga"}\n')
    with closing(open_log(f"sqlite:///{other}", "write")) as more:
        more.append([an_exchange(n) for n in range(6, 10)])
    done = run("import", str(other), "--log", log, "--labels", str(labels), "--references", str(references))
    assert done.exit_code == 0 and "1 label imported" in done.output and "1 reference imported" in done.output
    labels.write_text("exchange_number,preferred\n1,maybe\n")
    assert run("import", "--log", log, "--labels", str(labels)).exit_code == 2
    assert run("import", "--log", log, "--labels", str(labels), "--skip-bad").exit_code == 0


def test_an_import_of_nothing_asks_what(log: str) -> None:
    assert isinstance(run("import", "--log", log).exception, ConfigurationError)


@pytest.mark.parametrize("command", [["label"], ["judges"], ["judges", "freeze"], ["judges", "check"], ["import"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    said = run(*command, "--help")
    assert said.exit_code == 0 and "Usage" in said.output
