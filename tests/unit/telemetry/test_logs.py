import fcntl
import io
import json
import os
import select

import pytest

from shadowbench.outlet import STDERR
from shadowbench.telemetry import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_are_json_where_no_eye_reads_them() -> None:
    out = io.StringIO()
    logs.configure(out).info("worker ready", role="proxy", worker=0)
    fields = json.loads(out.getvalue())
    assert fields.pop("timestamp").endswith("Z")
    assert fields == {"event": "worker ready", "level": "info", "role": "proxy", "worker": 0}


def test_lines_are_words_on_a_terminal() -> None:
    out = Terminal()
    logs.configure(out).warning("worker ended", exit_code=1)
    assert "worker ended" in out.getvalue()
    assert not out.getvalue().startswith("{")


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")

    def flush(self) -> None:
        raise OSError(5, "Input/output error")


def test_a_terminal_that_was_closed_hurts_nobody() -> None:
    logs.configure(Gone()).error("worker ended", exit_code=1)


def test_by_default_lines_go_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure().info("worker ready", role="proxy")
    (line,) = capfd.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "worker ready"


def test_a_very_long_line_is_cut_and_is_still_json() -> None:
    out = io.StringIO()
    logs.configure(out).error("the configuration was not reloaded", error="y" * 100_000)
    assert len(out.getvalue()) <= select.PIPE_BUF
    assert json.loads(out.getvalue())["error"].endswith("…")


def test_a_pipe_that_nobody_reads_does_not_hold_up_the_parent() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    kept = os.dup(2)
    dropped = STDERR.dropped
    try:
        os.dup2(writing, 2)
        log = logs.configure()
        for number in range(2000):
            log.warning("worker ended", worker=number)
        assert STDERR.dropped > dropped
    finally:
        os.dup2(kept, 2)
        for fd in (kept, reading, writing):
            os.close(fd)
        STDERR._kept.clear()
        STDERR._kept_bytes = 0
