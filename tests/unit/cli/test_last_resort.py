"""An error that nobody foresaw is told as ours, and never looks like a gate that failed."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable

import pytest

from shadowbench import __version__, cli
from shadowbench.cli.last_resort import EXIT_CODE, unforeseen
from shadowbench.errors import ConfigurationError
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.words import on_scale


def raised(error: Exception) -> Callable[[], None]:
    def app() -> None:
        raise error

    return app


def ended(error: Exception, monkeypatch: pytest.MonkeyPatch) -> int | str | None:
    monkeypatch.setattr("shadowbench.cli.app.app", raised(error))
    return cli._run()


def caught(call: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as found:
        call()
    return found.value


def test_a_bug_is_one_line_and_no_gate_that_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SHADOWBENCH_TRACEBACK", raising=False)
    assert ended(KeyError("again"), monkeypatch) == EXIT_CODE == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"shadowbench: this is a bug in shadowbench {__version__}, not in what you did: KeyError: ")
    assert "please report this line" in line
    assert line.endswith("SHADOWBENCH_TRACEBACK=1 shows the traceback")


def test_the_traceback_is_there_for_who_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHADOWBENCH_TRACEBACK", "1")
    assert ended(KeyError("again"), monkeypatch) == 4
    told = capsys.readouterr().err
    assert told.startswith("Traceback (most recent call last):")
    assert "this is a bug" in told.splitlines()[-1]


def test_the_place_is_the_last_line_of_ours() -> None:
    error = caught(lambda: on_scale(Scale.RATIO, "x", "y", "z", ""))  # type: ignore[arg-type]
    assert "(shadowbench/report/words/" in unforeseen(error, {})
    assert "(outside of shadowbench's own files)" in unforeseen(KeyError("x"), {})


def test_what_the_error_says_is_one_short_line_that_can_be_seen() -> None:
    told = unforeseen(ValueError("a\nb\x1b[31m" + "x" * 500), {})
    assert "ValueError: a b⟨U+001B⟩[31mxxx" in told
    assert len(told) < 600 and told.count("\n") == 1


def test_what_the_system_refuses_is_no_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(OSError(errno.EMFILE, "Too many open files", "x.db"), monkeypatch) == 4
    told = capsys.readouterr().err
    assert told.startswith("shadowbench: the system refused: OSError: [Errno 24] Too many open files: 'x.db'")
    assert "too little memory" in unforeseen(MemoryError(), {})
    assert "bug" not in told + unforeseen(MemoryError(), {})


def test_a_stderr_that_takes_nothing_does_not_change_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    assert ended(KeyError("again"), monkeypatch) == 4
    assert ended(ConfigurationError("no"), monkeypatch) == 2
    monkeypatch.setattr(sys, "stderr", None)
    assert ended(ConfigurationError("no"), monkeypatch) == 2


def test_names_of_strangers_in_messages_can_be_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(ConfigurationError("There are: a\u202eb"), monkeypatch) == 2
    assert capsys.readouterr().err == "shadowbench: There are: a⟨U+202E⟩b\n"
