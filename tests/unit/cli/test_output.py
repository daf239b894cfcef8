"""Results reach their place, or the command says why not; our own files are never that place."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from shadowbench.cli.output import file_of, place_of
from shadowbench.errors import ConfigurationError
from shadowbench.store.opening import open_log
from shadowbench.store.testing import invented_traffic
from tests import preloaded

CONFIGURATION = """\
production: {url: "http://127.0.0.1:1"}
mirror: {secret_file: "hidden/key"}
store: {url: "sqlite:///pairs.db"}
"""

# The reader is gone before the first byte, whatever the timing: the pipe's other end is opened and closed.
WITHOUT_A_READER = "rm -f pipe; mkfifo pipe; exec 3<>pipe 4>pipe 3>&-;"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with a log, its configuration and its secret."""
    log = open_log(f"sqlite:///{tmp_path}/pairs.db", "write")
    log.append(list(invented_traffic(30)))
    log.close()
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "key").write_bytes(bytes(32))
    (tmp_path / "shadowbench.yaml").write_text(CONFIGURATION)
    return tmp_path


def shell(line: str, folder: Path, program: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """A line of bash in `folder`; `sb` is the command, preloaded unless `program` says otherwise."""
    function = f'sb() {{ {shlex.join(program or preloaded.python("shadowbench.cli"))} "$@"; }}\n'
    environ = {"PATH": "/usr/bin:/bin", "NO_COLOR": "1", "XDG_RUNTIME_DIR": str(folder)}
    command = ["bash", "-c", function + line]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environ, timeout=60)


def contents(folder: Path) -> dict[str, bytes]:
    """All files but the index of the WAL, which any reader makes."""
    files = (file for file in folder.rglob("*") if file.is_file() and not file.name.endswith(("-shm", "-wal")))
    return {str(file): file.read_bytes() for file in files}


@pytest.mark.parametrize("force", ["", "--force"])
@pytest.mark.parametrize(
    "output",
    [
        "pairs.db",
        "./hidden/../pairs.db",
        "pairs.db-wal",
        "pairs.db-shm",
        "pairs.db.secret",
        "pairs.db.lock",
        "hidden/key",
        "shadowbench.yaml",
        "link",
        "hard",
    ],
)
def test_an_export_over_our_own_files_is_refused(folder: Path, output: str, force: str) -> None:
    (folder / "link").symlink_to("pairs.db")
    os.link(folder / "pairs.db", folder / "hard")
    before = contents(folder)
    done = shell(f"sb export {force} -o {output}", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "which belongs to the sidecar" in done.stderr
    assert contents(folder) == before


def test_the_log_of_the_configuration_is_safe_while_another_is_read(folder: Path) -> None:
    open_log(f"sqlite:///{folder}/other.db", "write").close()
    before = contents(folder)
    for output in ("pairs.db", "other.db", "shadowbench.yaml"):
        assert shell(f"sb export --log other.db --force -o {output}", folder).returncode == 2
    assert contents(folder) == before


def test_companions_of_a_linked_log_are_those_of_the_file(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "log").symlink_to(folder / "pairs.db")
    assert shell("sb export --log elsewhere/log -o pairs.db-wal", folder).returncode == 2


def test_a_named_configuration_is_safe(folder: Path) -> None:
    (folder / "shadowbench.yaml").rename(folder / "mine.yaml")
    assert shell("sb export -c mine.yaml --force -o mine.yaml", folder).returncode == 2
    assert (folder / "mine.yaml").read_text() == CONFIGURATION


@pytest.mark.parametrize("line", ["sb export >> pairs.db", "sb export -o /dev/stdout >> pairs.db"])
def test_stdout_may_not_be_appended_to_the_log(folder: Path, line: str) -> None:
    before = contents(folder)
    assert shell(line, folder).returncode == 2
    assert contents(folder) == before


@pytest.mark.parametrize("line", ["sb export -o /dev/stdout >> out", "sb export -o /dev/fd/3 3>> out"])
def test_an_open_descriptor_is_written_to_where_it_stands(folder: Path, line: str) -> None:
    (folder / "out").write_text("first\n")
    done = shell(line, folder)
    assert done.returncode == 0, done.stderr
    lines = (folder / "out").read_text().splitlines()
    assert lines[0] == "first"
    assert len(lines) == 61


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("sb export -o /dev/full", "/dev/full"),
        ("sb export --format csv -o /dev/full", "/dev/full"),
        ("sb export -q > /dev/full", "standard output"),
        ("sb export -q --format csv > /dev/full", "standard output"),
        ("sb report > /dev/full", "standard output"),
        ("sb report --format json > /dev/full", "standard output"),
        ("sb validate > /dev/full", "standard output"),
        ("sb --version > /dev/full", "standard output"),
        ("sb --help > /dev/full", "standard output"),
    ],
)
def test_a_full_device_is_told_in_one_line(folder: Path, line: str, place: str) -> None:
    done = shell(line, folder)
    last = done.stderr.splitlines()[-1]
    assert (done.returncode, last) == (4, f"shadowbench: cannot write {place}: No space left on device")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    "line",
    ["sb --version > /dev/full", "sb export > /dev/full", f"{WITHOUT_A_READER} sb export >&4", "sb report -x <&-"],
)
def test_a_process_from_nothing_ends_like_a_preloaded_one(folder: Path, line: str) -> None:
    from_nothing = shell(line, folder, [sys.executable, "-P", "-m", "shadowbench.cli"])
    preloaded_one = shell(line, folder)
    assert (from_nothing.returncode, from_nothing.stderr) == (preloaded_one.returncode, preloaded_one.stderr)


@pytest.mark.parametrize(
    "command", ["validate", "doctor", "report", "export", "prune --keep 1000000", "--help", "--version"]
)
def test_no_command_minds_that_its_streams_are_closed(folder: Path, command: str) -> None:
    usual = shell(f"sb {command}", folder)
    program = [sys.executable, "-P", "-m", "shadowbench.cli"]
    assert shell(f"sb {command} <&- >&- 2>&-", folder, program).returncode == usual.returncode
    told = shell(f"sb {command} <&- >&-", folder, program)
    assert (told.returncode, told.stdout, told.stderr) == (usual.returncode, "", usual.stderr)


@pytest.mark.parametrize("command", ["export", "export --format csv", "report", "report --format json", "--help"])
def test_a_reader_that_goes_away_ends_the_command_quietly(folder: Path, command: str) -> None:
    done = shell(f"{WITHOUT_A_READER} sb {command} >&4", folder)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_reader_that_has_seen_enough_is_no_failure(folder: Path) -> None:
    done = shell("sb export | head -1 | wc -l; echo ${PIPESTATUS[0]}", folder)
    count, code = done.stdout.split()
    assert (count, code in ("0", "141")) == ("1", True)
    assert "Traceback" not in done.stderr


def test_a_place_is_a_file_an_object_or_stdout() -> None:
    assert [place_of(each) for each in (None, "a.md", "file:///x/a.md", "s3://b/a.md")] == [
        None, Path("a.md"), Path("/x/a.md"), "s3://b/a.md",
    ]  # fmt: skip
    assert file_of("file:///x/a.md", "--also") == Path("/x/a.md")


def test_a_place_of_another_scheme_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"--output ftp://h/a\.md: unknown scheme 'ftp'; .*, or s3://, gs://, az://"
    ):
        place_of("ftp://h/a.md")
    for url in ("s3://b/a.md", "http://h/a.md"):
        with pytest.raises(ConfigurationError, match=f"--also {url}: this is written to files alone"):
            file_of(url, "--also")
