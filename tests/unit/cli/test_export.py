"""`export` writes pairs to stdout or to a file that appears whole."""

import csv
import json
import stat
from pathlib import Path

import pytest

from shadowbench.cli.export import ExportOptions, run_export
from shadowbench.errors import ConfigurationError, ShadowbenchError, UnavailableError
from shadowbench.store.flat import CSV_COLUMNS
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, an_observation, invented_traffic


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/log.db"
    log = open_log(url, "write")
    log.append(list(invented_traffic(30)))
    log.close()
    return url


def test_json_lines_go_to_stdout_and_nothing_else_does(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run_export(ExportOptions(log_url=url)) == 0
    captured = capsysbinary.readouterr()
    documents = [json.loads(line) for line in captured.out.splitlines()]
    assert [document["candidate"]["endpoint"] for document in documents] == ["again", "small"] * 30
    assert captured.err == b"60 pairs exported\n"


def test_csv_has_a_header_and_one_row_per_pair(url: str, tmp_path: Path) -> None:
    output = tmp_path / "pairs.csv"
    assert run_export(ExportOptions(log_url=url, format="csv", output=output)) == 0
    with output.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == 60
    assert {row["production_outcome"] for row in rows} >= {"ok"}


def test_only_the_wanted_candidates_are_written(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    run_export(ExportOptions(log_url=url, candidates=("small",)))
    documents = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert {document["candidate"]["endpoint"] for document in documents} == {"small"}
    assert len(documents) == 30


def test_a_candidate_nobody_knows_is_an_error_and_leaves_no_file(url: str, tmp_path: Path) -> None:
    output = tmp_path / "pairs.jsonl"
    with pytest.raises(ConfigurationError, match="no pairs of smal in this log; it has: again, small"):
        run_export(ExportOptions(log_url=url, candidates=("smal",), output=output))
    assert [file.name for file in tmp_path.iterdir() if "pairs" in file.name] == []


def test_the_output_is_its_owners_and_replaces_the_old_one_whole(url: str, tmp_path: Path) -> None:
    output = tmp_path / "pairs.jsonl"
    output.write_text("old")
    run_export(ExportOptions(log_url=url, output=output, force=True))
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert len(output.read_text().splitlines()) == 60
    assert [file.name for file in tmp_path.iterdir() if "pairs" in file.name] == ["pairs.jsonl"]


def test_an_export_that_fails_leaves_the_old_output(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "pairs.jsonl"
    output.write_text("old")

    def full(pair: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shadowbench.store.exporting.formats.as_json_line", full)
    with pytest.raises(ShadowbenchError, match=r"cannot write .*: No space left on device"):
        run_export(ExportOptions(log_url=url, output=output, force=True))
    assert output.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir() if "pairs" in file.name] == ["pairs.jsonl"]


@pytest.mark.parametrize("place", ["", "none/pairs.jsonl"])
def test_an_output_that_cannot_be_written_is_said_so(url: str, tmp_path: Path, place: str) -> None:
    with pytest.raises(ShadowbenchError, match=r"is a folder|cannot write .*: No such file"):
        run_export(ExportOptions(log_url=url, output=tmp_path / place))


def test_text_without_utf_8_does_not_end_a_csv(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    log = open_log(url, "write")
    log.append([an_exchange(1, an_observation("a\ud800b", endpoint="small", body=b"\xff"), request_body=b"\xff")])
    log.close()
    assert run_export(ExportOptions(log_url=url, format="csv")) == 0
    out = capsysbinary.readouterr().out.decode()
    assert "a?b" in out
    assert "base64:/w==" in out


def test_a_progress_bar_goes_to_stderr_when_wanted(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_export(ExportOptions(log_url=url, output=tmp_path / "pairs.jsonl", progress=True))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "60 pairs exported" in captured.err


def test_an_output_that_exists_is_replaced_only_by_force(url: str, tmp_path: Path) -> None:
    output = tmp_path / "pairs.jsonl"
    output.write_text("old")
    with pytest.raises(ConfigurationError, match=r"pairs.jsonl exists; --force overwrites it"):
        run_export(ExportOptions(log_url=url, output=output))
    assert output.read_text() == "old"


def test_a_full_device_as_output_is_told(url: str) -> None:
    with pytest.raises(UnavailableError, match="cannot write /dev/full: No space left on device"):
        run_export(ExportOptions(log_url=url, output=Path("/dev/full")))


def test_a_device_needs_no_force(url: str) -> None:
    assert run_export(ExportOptions(log_url=url, output=Path("/dev/null"))) == 0
