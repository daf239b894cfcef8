"""`import` adds what is not there yet: from logs, from exported lines, from compressed ones."""

from pathlib import Path

import pytest

from shadowbench.cli.export import run_export, told_options
from shadowbench.cli.import_log import ImportOptions, run_import
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.records import FunnelCount, Mark
from shadowbench.scores import Score
from shadowbench.store.base import each_exchange
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import a_measure, an_exchange, invented_traffic

TRAFFIC = list(invented_traffic(70))
MARK = Mark(at=1.0, kind="policy_changed", endpoint=None, before=None, after="2")
COUNT = FunnelCount(epoch="e", candidate="", stage="seen", reason="", count=3)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/log.db"
    log = open_log(url, "write")
    log.append(TRAFFIC)
    log.put_marks([MARK])
    log.put_funnel([COUNT])
    log.close()
    return url


def export(url: str, output: Path) -> Path:
    options = told_options(log_url=url, format=None, output=str(output), since=None, until=None, now=0.0)
    assert run_export(options) == 0
    return output


def imported(tmp_path: Path, *sources: str, skip_bad: bool = False) -> str:
    url = f"sqlite:///{tmp_path}/new.db"
    assert run_import(ImportOptions(log_url=url, sources=sources, skip_bad=skip_bad)) == 0
    return url


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz", "pairs.jsonl.zst"])
def test_export_import_export_gives_equal_bytes(url: str, tmp_path: Path, name: str) -> None:
    first = export(url, tmp_path / name)
    second = export(imported(tmp_path, str(first)), tmp_path / f"again-{name}")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("name", "said"), [("p.csv", "CSV"), ("p.csv.gz", "CSV"), ("p.csv.zst", "CSV"), ("p.parquet", "Parquet")]
)
def test_other_exports_are_called_by_their_name(url: str, tmp_path: Path, name: str, said: str) -> None:
    file = export(url, tmp_path / name)
    with pytest.raises(ConfigurationError, match=f"this is {said}; import takes pair logs and JSON lines"):
        imported(tmp_path, str(file), skip_bad=True)


def test_a_second_import_adds_nothing(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = str(export(url, tmp_path / "pairs.jsonl"))
    capsys.readouterr()
    imported(tmp_path, lines)
    assert capsys.readouterr().err == f"{lines}: 70 exchanges imported\n"
    new = imported(tmp_path, lines)
    assert capsys.readouterr().err == f"{lines}: 0 exchanges imported, 70 already there\n"
    log = open_log(new, "read")
    assert list(each_exchange(log)) == TRAFFIC
    log.close()


@pytest.mark.parametrize("as_url", [True, False])
def test_another_log_comes_with_its_marks_and_counts(url: str, tmp_path: Path, as_url: bool) -> None:
    new = imported(tmp_path, url if as_url else str(tmp_path / "log.db"))
    log = open_log(new, "read")
    assert list(each_exchange(log)) == TRAFFIC
    assert (list(log.marks()), list(log.funnel())) == ([MARK], [COUNT])
    log.close()


def test_another_log_comes_with_its_scores(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = open_score_log(url, "change")
    scores.put_scores([Score(number, 1, *scores.register([a_measure()]), 0.5, None) for number in (3, 7)])
    scores.close()
    new = open_score_log(imported(tmp_path, url), "read")
    assert [score[:4] for score in new.scores_of([1], after=0, upto=99)] == [(3, 1, 1, 0.5), (7, 1, 1, 0.5)]
    new.close()
    assert capsys.readouterr().err.endswith("70 exchanges imported, 2 scores\n")


def test_several_sources_go_into_one_log(url: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    log = open_log(other, "write")
    log.append([an_exchange(1000), *TRAFFIC[:5]])
    log.close()
    new = imported(tmp_path, url, other)
    log = open_log(new, "read")
    assert [exchange.id for exchange in each_exchange(log)] == [e.id for e in (*TRAFFIC, an_exchange(1000))]
    log.close()


def test_a_bad_line_ends_the_import_or_is_passed_over(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = export(url, tmp_path / "pairs.jsonl")
    lines.write_bytes(b"what?\n" + lines.read_bytes())
    with pytest.raises(UnavailableError, match=r"pairs.jsonl:1: not JSON"):
        imported(tmp_path, str(lines))
    capsys.readouterr()
    new = imported(tmp_path, str(lines), skip_bad=True)
    assert capsys.readouterr().err == f"{lines}: 70 exchanges imported, 1 bad line passed over\n"
    log = open_log(new, "read")
    assert log.counts().exchanges == 70
    log.close()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"cannot read .*none.jsonl: No such file"):
        imported(tmp_path, str(tmp_path / "none.jsonl"))


def test_a_bar_is_shown_when_wanted(url: str, tmp_path: Path) -> None:
    lines = str(export(url, tmp_path / "pairs.jsonl"))
    new = f"sqlite:///{tmp_path}/new.db"
    assert run_import(ImportOptions(log_url=new, sources=(lines, url), progress=True)) == 0
    log = open_log(new, "read")
    assert log.counts().exchanges == 70
    log.close()
