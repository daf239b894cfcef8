"""`report`: from logs to stdout, a file or an object, in every form; and how to get pairs where there are none."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from shadowbench.cli.analysed import Asked, analysed, earlier_reports
from shadowbench.cli.app import app
from shadowbench.cli.report import ReportOptions, format_by, rendered, run_report
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.policies.reading import read_policy
from shadowbench.report.as_json import load
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, invented_traffic
from tests.unit.report.documents import example

NOW = 1_800_000_000.0


@pytest.fixture(autouse=True)
def away_from_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the checkout would be read, and nothing here is about it."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return filled(tmp_path / "log.db", 40)


def filled(file: Path, count: int) -> Path:
    log = open_log(f"sqlite:///{file}", "write")
    log.append(list(invented_traffic(count)))
    log.close()
    return file


def options(log: Path, **others: object) -> ReportOptions:
    return ReportOptions(asked=Asked(logs=(str(log),), again=frozenset({"again"})), **others)  # type: ignore[arg-type]


def run(arguments: Sequence[str]) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["report", *arguments])
    if isinstance(done.exception, ConfigurationError | UnavailableError):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_the_verdict_goes_to_stdout(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_report(options(log), now=NOW) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("VERDICT")
    assert "again (A/A)" in captured.out
    assert "--full shows everything here" in " ".join(captured.out.split())
    assert "COMPARISON WITH PRODUCTION" not in captured.out
    assert captured.err == ""


def test_all_chapters_are_told_where_they_are_asked_for_and_in_files(log: Path, tmp_path: Path) -> None:
    assert "COMPARISON WITH PRODUCTION" in run([str(log), "--full"])[1]
    run([str(log), "-o", str(tmp_path / "report.txt")])
    assert "COMPARISON WITH PRODUCTION" in (tmp_path / "report.txt").read_text("utf-8")


def test_json_goes_to_stdout_and_can_be_read_again(log: Path) -> None:
    code, out, _ = run([str(log), "--format", "json", "--again", "again"])
    document = load(out)
    assert (code, document.totals.exchanges, document.totals.pairs) == (0, 40, 80)
    assert [candidate.name for candidate in document.candidates if candidate.again] == ["again"]


@pytest.mark.parametrize(
    ("ending", "begin"),
    [
        ("md", "## Verdict"),
        ("html", "<!doctype html>"),
        ("json", '{\n  "schema"'),
        ("csv", "candidate,again,"),
        ("xml", "<?xml"),
        ("txt", "VERDICT"),
    ],
)
def test_the_output_s_ending_tells_the_form(log: Path, tmp_path: Path, ending: str, begin: str) -> None:
    output = tmp_path / f"report.{ending}"
    assert run([str(log), "-o", str(output)]) == (0, "", "")
    assert output.read_text("utf-8").lower().startswith(begin.lower())


def test_the_format_goes_before_the_ending(log: Path, tmp_path: Path) -> None:
    assert run([str(log), "-o", str(tmp_path / "a.txt"), "--format", "junit"])[0] == 0
    assert ElementTree.parse(tmp_path / "a.txt").getroot().tag == "testsuites"


@pytest.mark.parametrize(
    ("output", "format"),
    [(None, "terminal"), ("a", "terminal"), ("A.HTML", "html"), ("s3://b/a.md", "markdown")],
)
def test_formats_by_endings(output: str | None, format: str) -> None:
    assert format_by(output) == format


@pytest.mark.parametrize("output", ["a.pdf", "s3://b/a.docx", "a.html.gz"])
def test_an_ending_of_no_form_is_refused_unless_the_form_is_named(log: Path, tmp_path: Path, output: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"its ending says no form; there are: \.html, .*, \.txt; or name it with"
    ):
        run([str(log), "-o", output])
    assert run([str(log), "-o", str(tmp_path / "a.pdf"), "--format", "terminal"])[0] == 0


def test_what_no_log_can_be_is_told(log: Path) -> None:
    for arguments in (["", "--format", "json"], ["--log", ""], [str(log), " "]):
        with pytest.raises(ConfigurationError, match=r"'.?' is no log: name a file or a URL"):
            run(arguments)


def test_a_span_of_time_that_cannot_be_is_told(log: Path) -> None:
    with pytest.raises(ConfigurationError, match="--since: 99999999999999d is beyond the calendar"):
        run([str(log), "--since", "99999999999999d"])
    with pytest.raises(ConfigurationError, match="--until 2025-10-09 is not after --since 2025-10-10"):
        run([str(log), "--since", "2025-10-10", "--until", "2025-10-09"])


def test_a_file_that_is_there_stays_without_force(log: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.md"
    output.write_text("mine")
    with pytest.raises(ConfigurationError, match="--force overwrites it"):
        run([str(log), "-o", str(output)])
    assert output.read_text() == "mine"
    assert run([str(log), "-o", str(output), "--force"])[0] == 0
    assert output.read_text("utf-8").startswith("## Verdict")


def test_the_log_itself_is_never_written_over(log: Path) -> None:
    before = log.read_bytes()
    with pytest.raises(ConfigurationError, match="belongs to the sidecar"):
        run([str(log), "-o", str(log), "--force", "--format", "terminal"])
    with pytest.raises(ConfigurationError, match="its ending says no form"):
        run([str(log), "-o", str(log), "--force"])
    assert log.read_bytes() == before


def test_several_logs_are_one(log: Path, tmp_path: Path) -> None:
    twice = filled(tmp_path / "other.db", 40)
    assert load(run([str(log), str(twice), "--format", "json"])[1]).totals.exchanges == 40  # the same exchanges
    assert load(run([str(log), "--log", str(twice), "--format", "json"])[1]).source.logs == ("log.db", "other.db")


def test_candidates_times_and_slices_choose_pairs(log: Path) -> None:
    whole = load(run([str(log), "--format", "json"])[1])
    names = [candidate.name for candidate in whole.candidates]
    one = load(run([str(log), "--format", "json", "--candidate", names[0]])[1])
    assert [candidate.name for candidate in one.candidates] == names[:1]
    assert one.source.candidates == (names[0],)
    code, _, err = run([str(log), "--since", "2099-01-01"])
    assert (code, err) == (3, "no pairs in log.db are as asked for: since 2099-01-01T00:00:00Z; ask for more\n")
    assert load(run([str(log), "--until", "2099-01-01", "--format", "json"])[1]).totals.pairs == whole.totals.pairs
    sliced = load(run([str(log), "--format", "json", "--slice", "path=/v1/chat/completions", "--slice", "path=/x"])[1])
    assert sliced.source.slice == {"path": ("/v1/chat/completions", "/x")}


def test_a_candidate_comes_with_the_lane_that_it_is_measured_against(log: Path) -> None:
    whole = load(run([str(log), "--format", "json"])[1])
    other = next(candidate.name for candidate in whole.candidates if candidate.name != "again")
    found = load(run([str(log), "--format", "json", "--candidate", other, "--again", "again"])[1])
    assert [(candidate.name, candidate.again) for candidate in found.candidates] == [("again", True), (other, False)]


def test_a_candidate_that_no_log_has_is_told_with_those_there_are(log: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"--candidate nobody: these logs have no pairs of it. There are: again, "
    ):
        run([str(log), "--candidate", "nobody"])


@pytest.mark.parametrize("chosen", [["--candidate", "again"], ["--slice", "path=/v1/chat/completions"]])
def test_what_the_log_has_and_a_period_lacks_is_no_mistake(log: Path, chosen: list[str]) -> None:
    assert run([str(log), "--since", "2099-01-01", *chosen])[0] == 3


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (["--candidate", "agian"], "did you mean 'again'"),
        (["--slice", "path=/v1/chat/completion"], "no pair has it; did you mean"),
    ],
)
def test_what_no_period_has_is_told_also_in_an_empty_one(log: Path, chosen: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        run([str(log), "--since", "2099-01-01", *chosen])


def test_a_policy_by_its_name_declares(log: Path) -> None:
    assert load(run([str(log), "--format", "json", "--policy", "migration"])[1]).policy.name == "migration"
    with pytest.raises(ConfigurationError, match="--policy"):
        run([str(log), "--policy", "no-such-policy"])


def test_an_earlier_report_is_gone_on_from(log: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    arguments = [str(log), "--format", "json", "--policy", "mvp"]
    earlier.write_text(run(arguments)[1])
    assert load(run([*arguments, "--earlier", str(earlier)])[1]).trend
    with pytest.raises(UnavailableError, match=r"cannot read gone\.json: No such file"):
        run([str(log), "--earlier", "gone.json"])
    earlier.write_text("{}")
    with pytest.raises(ConfigurationError, match="is not a report of shadowbench"):
        run([str(log), "--earlier", str(earlier)])


def test_earlier_reports_are_in_the_order_of_their_traffic_whenever_they_were_made(log: Path, tmp_path: Path) -> None:
    shown = load(run([str(log), "--format", "json"])[1]).source
    assert shown.first_at is not None and shown.last_at is not None
    length = shown.last_at - shown.first_at
    ends = [shown.first_at + share * length for share in (0.4, 0.7)]
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file, end, made_at in zip(files, ends, (2e9, 1e9), strict=True):  # the older traffic's is made last
        asked = Asked(logs=(str(log),), again=frozenset({"again"}), policy=read_policy("mvp", "--policy"), until=end)
        file.write_text(rendered(analysed(asked, now=made_at), "json"))
    order = [report.source.last_at for report in earlier_reports(list(map(str, files[::-1])))]
    assert order == sorted(at for at in order if at is not None)
    with pytest.raises(ConfigurationError, match="--earlier: not an earlier report: its traffic goes on until"):
        analysed(replace(asked, until=ends[0], earlier=earlier_reports([str(files[1])])), now=NOW)


@pytest.mark.parametrize("place", [".", "./", "/", ".."])
def test_a_folder_is_no_log(place: str) -> None:
    with pytest.raises((ConfigurationError, UnavailableError), match=r"is a folder|names no file"):
        run([place])


def test_times_that_are_no_dates_are_told_and_can_be_left_out(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path / 'odd.db'}", "write")
    traffic = list(invented_traffic(20))
    log.append([*traffic[1:], replace(traffic[0], started_at=1767225600000.0)])
    log.close()
    with pytest.raises(
        ConfigurationError, match=r"have a time that is no date: 1767225600000 Unix seconds.*--until 2100"
    ):
        run(["odd.db"])
    assert run(["odd.db", "--since", "1970-01-01", "--until", "2100-01-01"])[0] == 0


def test_redacted_texts_are_in_no_form(log: Path) -> None:
    assert load(run([str(log), "--format", "json", "--redact"])[1]).redacted
    for format in ("json", "html", "markdown", "terminal", "csv", "junit"):
        assert "invented answer" not in run([str(log), "--format", format, "--redact"])[1]


def test_the_same_log_gives_the_same_bytes(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for format in ("json", "terminal"):
        run_report(options(log, format=format), now=NOW)
        first = capsys.readouterr().out
        run_report(options(log, format=format), now=NOW)
        assert capsys.readouterr().out == first


@pytest.mark.parametrize("exchanges", [[], [an_exchange(1, candidates=())]])
def test_without_pairs_it_says_how_to_get_some(tmp_path: Path, exchanges: list[object]) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    log.append(exchanges)  # type: ignore[arg-type]
    log.close()
    code, out, err = run([str(tmp_path / "log.db")])
    assert (code, out) == (3, "")
    assert err.startswith("no pairs in log.db yet, so there is nothing to compare")
    assert "Give a candidate a sample_rate above 0" in err
    code, out, _ = run([str(tmp_path / "log.db"), "--format", "json"])
    assert (code, json.loads(out)["totals"]["pairs"]) == (3, 0)


def test_a_log_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="there is no pair log at"):
        run([str(tmp_path / "gone.db")])


def test_without_a_log_and_a_configuration_it_asks_which() -> None:
    with pytest.raises(ConfigurationError, match="which pair log"):
        run([])


def test_a_slice_without_a_value_is_told_how_to_be_written(log: Path) -> None:
    with pytest.raises(ConfigurationError, match="--slice stratum: write COLUMN=VALUE"):
        run([str(log), "--slice", "stratum"])


def test_every_form_of_everything_can_be_made() -> None:
    for format in ("terminal", "markdown", "json", "csv", "junit"):
        assert len(rendered(example(), format)) > 1000


def test_a_terminal_of_few_characters_still_shows_the_numbers(log: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "shadowbench.cli", "report", str(log)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "VERDICT" in done.stdout
    assert "clusters" in done.stdout
    assert done.stdout.isascii()


def test_numpy_is_loaded_with_one_thread(log: Path) -> None:
    script = (
        "import os, sys; from shadowbench.cli.app import app; assert 'numpy' not in sys.modules\n"
        f"app(['report', {str(log)!r}, '-q'], standalone_mode=False)\n"
        "print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['OMP_NUM_THREADS'])"
    )
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.endswith("1 1\n")


def test_every_process_writes_the_same_bytes(log: Path) -> None:
    script = (
        "from shadowbench.cli.analysed import Asked, analysed\n"
        "from shadowbench.cli.report import rendered\n"
        f"document = analysed(Asked(logs=({str(log)!r},), progress=False), now=1.8e9)\n"
        "print(*(rendered(document, form) for form in ('json', 'markdown', 'csv', 'junit', 'terminal')))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed}, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
